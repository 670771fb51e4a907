#!/bin/sh
# Plugs a node into a segment. What a cable's Command runs (cable.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 NETWORK=routed.host01-net NETWORK_ID=77d1c4f0a1b2 ADDRESS=10.240.1.2
#   ENGINE=--host=ssh://me@two (where the node is on another machine)
# A new node is on Docker's network `none`, which excludes every other one.
set -eu
# An engine that hangs would be waited for for ever; Swarm gives up by itself after 20 s.
on_engine() {
  timeout --foreground -s KILL 60 docker ${ENGINE:+"$ENGINE"} "$@" && return
  code=$?
  [ "$code" -ne 137 ] || echo "docker $1 $2 did not end within 60 s" >&2
  return "$code"
}
connect() {
  on_engine network connect --ip "$ADDRESS" "$NETWORK" "$NODE"
}
on_engine network disconnect none "$NODE" 2> /dev/null || true
connect 2> /dev/null && exit 0
# One that is plugged in as it should be is left alone: plugged in again it would lose its routes.
plugged=$(on_engine container inspect --format "{{with index .NetworkSettings.Networks \"$NETWORK\"}}{{.NetworkID}} {{.IPAddress}}{{end}}" "$NODE")
case $plugged in
  "$NETWORK_ID"*" $ADDRESS") exit 0 ;;
esac
on_engine network disconnect --force "$NETWORK" "$NODE" 2> /dev/null || true
# Swarm takes a while to tell its nodes of a new network, and to free an address (moby/moby#27754).
tries=${SWARM:+4}
until said=$(connect 2>&1); do
  tries=$((${tries:-0} - 1))
  case $tries:$said in
    [1-9]*:*"not found"* | [1-9]*:*"deadline exceeded"* | [1-9]*:*"in use"*) sleep 1 ;;
    *) echo "$said" >&2 && exit 1 ;;
  esac
done
