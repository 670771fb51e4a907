#!/bin/sh
# Tells a node its desired state, which comes on standard input. What a node's state Command runs (desiredState.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 GENERATION=1 IMAGES="nginx:1.29"
set -eu
state=$(cat)

apply() {
  # Images come from the machine's engine. What it has not, Docker pulls.
  if [ -n "$IMAGES" ]; then
    # shellcheck disable=SC2086 # a word each
    for image in $(docker exec "$NODE" podlab-node lacks $IMAGES); do
      docker image inspect "$image" > /dev/null 2>&1 || docker pull --quiet "$image" >&2
      docker save "$image" | docker exec -i "$NODE" docker load --quiet >&2
    done
  fi
  printf %s "$state" | docker exec -i "$NODE" podlab-node apply --generation "$GENERATION"
}

apply && exit 0
# Nothing can be run in a node that is paused.
docker unpause "$NODE" > /dev/null 2>&1
apply
