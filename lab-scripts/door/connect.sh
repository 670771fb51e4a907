#!/bin/sh
# What a link's Command runs, in the folder infra, to plug a node into a segment (infra/components/link.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 NETWORK=routed.host01-net NETWORK_ID=77d1c4f0a1b2 ADDRESS=10.240.1.2
#   MENDED=2026-11-25T22:12:36.421Z    when it was found unplugged, or with another address
# A new node was plugged in already, and a note says so (newNodes.ts). It is made on Docker's network `none`, which excludes
# every other one.
set -eu
note=../.podlab/links/$NODE-on-$NETWORK
noted=
[ -n "$MENDED" ] || [ ! -e "$note" ] || read -r noted < "$note"
rm -f "$note"
[ "$noted" != "$NODE_ID $NETWORK_ID" ] || exit 0

[ -z "$MENDED" ] || docker unpause "$NODE" > /dev/null 2>&1 || true
docker network connect --ip "$ADDRESS" "$NETWORK" "$NODE" 2> /dev/null && exit 0
# One that is plugged in as it should be is left alone: plugged in again it would lose its routes.
plugged=$(docker container inspect --format "{{with index .NetworkSettings.Networks \"$NETWORK\"}}{{.NetworkID}} {{.IPAddress}}{{end}}" "$NODE")
case $plugged in
  "$NETWORK_ID"*" $ADDRESS") exit 0 ;;
esac
docker network disconnect none "$NODE" 2> /dev/null || true
docker network disconnect "$NETWORK" "$NODE" 2> /dev/null || true
exec docker network connect --ip "$ADDRESS" "$NETWORK" "$NODE"
