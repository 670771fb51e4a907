#!/bin/sh
# Plugs a node into a segment. What a cable's Command runs (cable.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 NETWORK=routed.host01-net ADDRESS=10.240.1.2
set -eu
# A new node is on Docker's network `none`, which excludes every other one.
docker network disconnect none "$NODE" 2> /dev/null || true
tries=0
until said=$(docker network connect --ip "$ADDRESS" "$NETWORK" "$NODE" 2>&1); do
  network=$(docker network inspect --format '{{.Id}}' "$NETWORK" 2> /dev/null) || network=
  plugged=$(docker container inspect --format "{{with index .NetworkSettings.Networks \"$NETWORK\"}}{{.NetworkID}} {{.IPAddress}}{{end}}" "$NODE")
  # One that is plugged in as it should be is left alone: plugged in again it would lose its routes.
  [ -z "$network" ] || [ "$plugged" != "$network $ADDRESS" ] || exit 0
  # The network may still be in the making: Docker has it two seconds before its provider says so.
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { echo "$said" >&2; exit 1; }
  [ -z "$network" ] || [ -z "$plugged" ] || docker network disconnect --force "$NETWORK" "$NODE" 2> /dev/null || true
  [ -z "$network" ] || [ "$tries" -lt 5 ] || { echo "$said" >&2; exit 1; }
  sleep 0.1
done
