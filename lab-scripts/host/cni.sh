# A pod's wiring: its pause container has no network of the engine's, and CNI plugins give its namespace eth0 (podlab-cni).
#   POD=web PAUSE=web.pause ADDRESS=192.168.20.2 MAC=02:42:c0:a8:14:02
# A pause container that was started again has a new namespace, so the plugins run again: DEL frees the address, ADD takes it.

# The namespace of the pause container; observe.sh has read all containers' process ids (containers.py) and says where.
netns() {
  if [ -n "${CONTAINERS:-}" ]; then
    pid=$(awk -v name="$PAUSE" '$2 == name { print $4 }' "$CONTAINERS")
  else
    pid=$(docker inspect --format '{{.State.Pid}}' "$PAUSE" 2> /dev/null)
  fi
  [ "${pid:-0}" -gt 0 ] || drift "$PAUSE running" 'nothing to wire'
  echo "/proc/$pid/ns/net"
}

apply() {
  at=$(netns)
  podlab-cni check "$POD" "$at" "$ADDRESS" "$MAC" 2> /dev/null && return
  podlab-cni del "$POD" "$at"
  podlab-cni add "$POD" "$at" "$ADDRESS" "$MAC"
}

check() {
  at=$(netns) || { echo "$at"; exit 3; }
  found=$(podlab-cni check "$POD" "$at" "$ADDRESS" "$MAC" 2>&1) || drift "eth0 of $POD with $ADDRESS" "$found"
}

remove() {
  podlab-cni del "$POD"
}
