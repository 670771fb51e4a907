#!/bin/sh
# Removes the Docker network of a segment, and unplugs what is in it first. What the Command of a segment runs in the end (segment.ts).
#   PULUMI_COMMAND_STDOUT=77d1c4f0a1b2… (its id)
#   ENGINE=--host=ssh://me@two (where it leads to another machine)
set -eu
network=$PULUMI_COMMAND_STDOUT

# An engine that hangs would be waited for for ever.
within_60() {
  timeout --foreground -s KILL 60 docker "$@"
}

# unplug [ENGINE]: all that is in the network there. What keeps it from that, the removal says.
unplug() {
  for node in $(within_60 "$@" network inspect --format '{{range .Containers}}{{println .Name}}{{end}}' "$network"); do
    within_60 "$@" network disconnect --force "$network" "$node" || true
  done
}

unplug 2> /dev/null
[ -z "${ENGINE:-}" ] || unplug "$ENGINE" 2> /dev/null
# Swarm takes a moment to see that a container was unplugged on another machine.
tries=15
until said=$(within_60 network rm "$network" 2>&1); do
  tries=$((tries - 1))
  case $tries:$said in
    *"not found"* | *"o such network"*) exit 0 ;;
    [1-9]*:*"active endpoints"* | [1-9]*:*"in use"*) sleep 1 ;;
    *) echo "$said" >&2 && exit 1 ;;
  esac
done
