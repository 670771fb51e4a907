#!/bin/sh
# What a link's Command runs to plug a node into a segment (infra/components/link.ts).
#   NODE=routed.host01 NETWORK=routed.host01-net ADDRESS=10.240.1.2
#   MENDED=2026-11-25T22:12:36.421Z    when it was found unplugged, or with another address
# A node is made on Docker's network `none`, which excludes every other one; a new one is off it already (newNodes.ts).
set -eu
[ -z "$MENDED" ] || docker unpause "$NODE" > /dev/null 2>&1 || true
docker network connect --ip "$ADDRESS" "$NETWORK" "$NODE" 2> /dev/null && exit 0
docker network disconnect none "$NODE" 2> /dev/null || true
docker network disconnect "$NETWORK" "$NODE" 2> /dev/null || true
exec docker network connect --ip "$ADDRESS" "$NETWORK" "$NODE"
