#!/bin/sh
# What a unit's Command runs on the machine to remove the unit from its node.   NODE=routed.host01 UNIT=pod-web ORDER=70
# A node that is gone has nothing left to remove; one that is stopped keeps its unit, and that is an error.
set -eu
docker container inspect "$NODE" > /dev/null 2>&1 || exit 0
# shellcheck disable=SC2016 # expanded in the node
exec docker exec "$NODE" sh -c '[ ! -e "$1" ] || flock -w 60 "/run/podlab/$2.lock" sh "$1" remove < /dev/null && rm -f "$1" "$1.generation"' \
  remove "/var/lib/podlab/units/$ORDER-$UNIT.unit" "$UNIT"
