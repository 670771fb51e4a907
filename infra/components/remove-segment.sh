#!/bin/sh
# Removes the Docker network of a segment. What the Command of a segment runs in the end (segment.ts).
#   PULUMI_COMMAND_STDOUT=77d1c4f0a1b2…: its id
set -eu
for plugged in $(docker network inspect --format '{{range $id, $_ := .Containers}}{{println $id}}{{end}}' "$PULUMI_COMMAND_STDOUT" 2> /dev/null); do
  docker network disconnect --force "$PULUMI_COMMAND_STDOUT" "$plugged" 2> /dev/null || true
done
# Swarm takes a moment to see that a container was unplugged on another machine.
tries=15
until said=$(timeout --foreground -s KILL 60 docker network rm "$PULUMI_COMMAND_STDOUT" 2>&1); do
  tries=$((tries - 1))
  case $tries:$said in
    *"not found"* | *"o such network"*) exit 0 ;;
    [1-9]*:*"active endpoints"* | [1-9]*:*"in use"*) sleep 1 ;;
    *) echo "$said" >&2 && exit 1 ;;
  esac
done
