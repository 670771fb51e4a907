#!/bin/sh
# Makes the Docker network of a segment and prints its id. What the Command of a segment runs (segment.ts).
#   NETWORK=routed.host01-net; standard input: flags of docker network create, one a line
set -euf
IFS='
'
flags=$(cat)
# An engine that hangs would be waited for for ever.
network() {
  timeout --foreground -s KILL 60 docker network "$@" && return
  code=$?
  [ "$code" -ne 137 ] || echo "docker network $1 did not end within 60 s" >&2
  return "$code"
}
# shellcheck disable=SC2086
network create $flags "$NETWORK" && exit
# One that is just so is left alone: a run that was killed may have made it.
labels=$(printf '%s\n' "$flags" | sed -n 's/^--label=/--filter=label=/p')
# shellcheck disable=SC2086
network ls --quiet --no-trunc --filter "name=^$NETWORK$" $labels | grep .
