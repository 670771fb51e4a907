#!/bin/sh
# Plugs a node into its segments and tells it its desired state, which comes on standard input. What a node's state Command runs
# (desiredState.ts).
#   NODE=routed.host01 NODE_ID=4bb03132a022 CABLES="routed.host01-net=10.240.1.2" NETWORKS="77d1c4f0a1b2" (their ids)
#   GENERATION=1 IMAGES=2 (how many the state names)
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

on_engine() {
  within 60 docker ${ENGINE:+"$ENGINE"} "$@"
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

# is_plugged ADDRESS ID: by what Docker says, and by the node itself where it can be asked: a connection that broke off, as on a full
# disk, is there for Docker alone.
is_plugged() {
  mac=$(printf '%s' "$plugged" | sed -n "s/^$2[0-9a-f]* $1 //p")
  [ -n "$mac" ] || return 1
  case $links in "" | *"$mac"*) ;; *) return 1 ;; esac
}

# plug NETWORK ADDRESS ID
plug() {
  # Plugged in again it would lose its routes.
  ! is_plugged "$2" "$3" || return 0
  [ -z "$plugged" ] || on_engine network disconnect --force "$1" "$NODE" 2> /dev/null || true
  # Swarm takes a while to tell its nodes of a new network, and to free an address (moby/moby#27754).
  tries=4
  until said=$(on_engine network connect --ip "$2" "$1" "$NODE" 2>&1); do
    tries=$((tries - 1))
    case $tries:$said in
      [1-9]*:*"not found"* | [1-9]*:*"deadline exceeded"* | [1-9]*:*"in use"*) sleep 1 ;;
      *) echo "$said" >&2 && return 1 ;;
    esac
  done
}

plug_in() {
  # A new node is on Docker's network `none`, which excludes every other one.
  if on_engine network disconnect none "$NODE" 2> /dev/null; then
    plugged=
  else
    plugged=$(on_engine container inspect --format '{{range .NetworkSettings.Networks}}{{println .NetworkID .IPAddress .MacAddress}}{{end}}' "$NODE")
    links=$(on_engine exec "$NODE" ip -o link 2> /dev/null) || links=
  fi
  # shellcheck disable=SC2086
  set -- $NETWORKS
  for cable in $CABLES; do
    plug "${cable%=*}" "${cable#*=}" "$1" || return 1
    shift
  done
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

plug_in
apply && exit 0
# Nothing can be run in a node that is paused. One that is not has said why it failed.
on_engine unpause "$NODE" > /dev/null 2>&1 || exit 1
apply
