#!/bin/sh
# Plugs a node into a segment. What a cable's Command runs (cable.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 NETWORK=routed.host01-net NETWORK_ID=77d1c4f0a1b2 ADDRESS=10.240.1.2
# A new node is on Docker's network `none`, which excludes every other one.
set -eu
docker network disconnect none "$NODE" 2> /dev/null || true
docker network connect --ip "$ADDRESS" "$NETWORK" "$NODE" 2> /dev/null && exit 0
# One that is plugged in as it should be is left alone: plugged in again it would lose its routes.
plugged=$(docker container inspect --format "{{with index .NetworkSettings.Networks \"$NETWORK\"}}{{.NetworkID}} {{.IPAddress}}{{end}}" "$NODE")
case $plugged in
  "$NETWORK_ID"*" $ADDRESS") exit 0 ;;
esac
docker network disconnect --force "$NETWORK" "$NODE" 2> /dev/null || true
exec docker network connect --ip "$ADDRESS" "$NETWORK" "$NODE"
