#!/bin/sh
# What a unit's Command runs on the machine, in the folder infra, to apply the unit in its node (infra/components/unit.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 UNIT=pod-web ORDER=70 GENERATION=1 DIGEST=dbc18b28cac1
#   FILES=../.podlab/units/routed/host01/pod-web    .text: the unit; .note: that it was applied with all of its new node
#   MENDED=2026-11-25T22:12:36.421Z    only of a node's first unit, when the node itself was found paused or unplugged
#   IMAGE=nginx:1.29                   only of an image
set -eu
host=../lab-scripts/host

# A node that was paused goes on; then all of its units are looked through, for nobody could ask it what became of them.
if [ -n "${MENDED:-}" ]; then
  docker unpause "$NODE" > /dev/null 2>&1 || true
  docker exec "$NODE" sh -c "$(cat "$host/booted.sh" "$host/repair.sh")" >&2
fi

# An image has to come from the machine's engine first. What the machine has not, Docker pulls. (Told by the unit's name: the
# user may have a variable IMAGE of his own.)
case $UNIT in
  image-*)
    docker image inspect "$IMAGE" > /dev/null 2>&1 || docker pull --quiet "$IMAGE" >&2
    docker save "$IMAGE" | docker exec -i "$NODE" docker load --quiet >&2
    ;;
esac

noted=
[ ! -e "$FILES.note" ] || read -r noted < "$FILES.note"
[ "$noted" != "$NODE_ID $GENERATION $DIGEST" ] || exit 0

# `sh -s` reads the unit from standard input: nothing of it is ever an argument or a path in the node.
exec docker exec -i "$NODE" sh -s -- apply "$UNIT" "$ORDER" "$GENERATION" < "$FILES.text"
