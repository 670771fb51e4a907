#!/bin/sh
# Tells a node its desired state, which comes on standard input. What a node's state Command runs (desiredState.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 GENERATION=1 IMAGES=2 (how many the state names)
#   ENGINE=--host=ssh://me@two (where the node is on another machine)
set -eu
state=$(cat)

# within SECONDS COMMAND...: who hangs ends no command, and would be waited for for ever.
within() {
  limit=$1
  shift
  timeout --foreground -s KILL "$limit" "$@" && return
  code=$?
  [ "$code" -ne 137 ] || echo "$* did not end within $limit s" >&2
  return "$code"
}

in_node() {
  seconds=$1
  shift
  within "$seconds" docker ${ENGINE:+"$ENGINE"} exec -i "$NODE" "$@" && return
  code=$?
  [ "$code" -ne 137 ] || echo "docker${ENGINE:+ $ENGINE} restart $NODE, then start again" >&2
  return "$code"
}

# bring NAME IMAGE: an image of the first machine's engine into the node's, where it gets that name. The tag stays: other hosts may be at it.
bring() {
  within 60 docker image inspect "$2" > /dev/null 2>&1 || within 900 docker pull --quiet "$2" >&2 || return 1
  [ "$1" = "$2" ] || docker tag "$2" "$1" || return 1
  docker save "$1" | in_node 900 docker load --quiet >&2
}

apply() {
  # Images come from the first machine's engine. What it has not, Docker pulls.
  if [ "$IMAGES" != 0 ]; then
    lacking=$(printf %s "$state" | in_node 300 podlab-node lacks) || return 1
    printf '%s\n' "$lacking" | while read -r name image; do
      [ -z "$name" ] || bring "$name" "$image" || exit 1
    done || return 1
  fi
  printf %s "$state" | in_node 300 podlab-node apply --generation "$GENERATION"
}

apply && exit 0
# Nothing can be run in a node that is paused. One that is not has said why it failed.
within 60 docker ${ENGINE:+"$ENGINE"} unpause "$NODE" > /dev/null 2>&1 || exit 1
apply
