#!/bin/sh
# What a link's Command runs to unplug a node from a segment.   NODE=routed.host01 NETWORK=routed.host01-net
docker network disconnect "$NETWORK" "$NODE" 2> /dev/null || true
