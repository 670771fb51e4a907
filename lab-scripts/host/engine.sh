# The host's own Docker engine: it answers, has the pod image and a network that plugs pods into the bridge.
# Without BRIDGE it has no network: somebody else plugs its pods in.
#   BRIDGE=cbr0 SUBNET=192.168.20.0/24 GATEWAY=192.168.20.1 MTU=1500 IMAGE=podlab/pod
#   SUBNET6=fd00:20::/64 GATEWAY6=fd00:20::1   where the lab has IPv6

SUBNET6=${SUBNET6:-}
SOCKET=/var/run/docker.sock
ROOTFS=/usr/local/share/podlab/pod

# answer PATH: of the engine's API. What observe.sh has asked already (containers.py) is not asked again.
answer() {
  while IFS='	' read -r asked told; do
    [ "$asked" != "$1" ] || { printf '%s\n' "$told"; return; }
  done < "${ANSWERS:-/dev/null}"
  curl -fsS --max-time 3 --unix-socket "$SOCKET" "http://docker/$1" 2>&1
}

# signal_engine SIGNAL: to the engine's own processes; a pod may run a dockerd too.
signal_engine() {
  for file in /run/docker.pid /run/podlab/containerd.pid; do
    [ ! -e "$file" ] || kill "-$1" "$(cat "$file")" 2> /dev/null || true
  done
}

apply() {
  # dockerd needs about a second; 60 s is for a machine that starts 32 of them at once. One that hangs for as long is ended:
  # the entrypoint starts it again, and by --live-restore the pods go on meanwhile.
  began=$(date +%s)
  ended=
  until answer _ping > /dev/null; do
    waited=$(($(date +%s) - began))
    # Stopped by SIGSTOP, it goes on; otherwise this does nothing.
    signal_engine CONT
    if [ "$waited" -gt 60 ] && [ -z "$ended" ]; then
      ended=yes
      signal_engine KILL
    elif [ "$waited" -gt 120 ]; then
      echo "the host's Docker engine did not answer within 120 s; last: $(answer _ping); its log: docker logs of this container" >&2
      exit 1
    fi
    sleep 0.05
  done
  answer "images/$IMAGE/json" > /dev/null || tar -C "$ROOTFS" -c . | docker import --change 'ENV PATH=/bin' - "$IMAGE" > /dev/null
  network_as_wanted || {
    docker network rm "$BRIDGE" > /dev/null 2>&1 || true
    # The bridge is there already (unit bridge); Docker takes one of the right name as it is.
    docker network create --driver bridge --subnet "$SUBNET" --gateway "$GATEWAY" \
      ${SUBNET6:+--ipv6 --subnet "$SUBNET6" --gateway "$GATEWAY6"} \
      --opt "com.docker.network.bridge.name=$BRIDGE" --opt "com.docker.network.driver.mtu=$MTU" "$BRIDGE" > /dev/null
  }
}

network_as_wanted() {
  [ -n "$BRIDGE" ] || return 0
  found=$(answer "networks/$BRIDGE")
  case $found in *"\"Subnet\":\"$SUBNET\",\"Gateway\":\"$GATEWAY\""*) ;; *) return 1 ;; esac
  if [ -n "$SUBNET6" ]; then
    case $found in *"\"Subnet\":\"$SUBNET6\",\"Gateway\":\"$GATEWAY6\""*) ;; *) return 1 ;; esac
  else
    case $found in *'"EnableIPv6":true'*) return 1 ;; esac
  fi
}

check() {
  found=$(answer _ping) || drift 'an engine that answers' "$found"
  answer "images/$IMAGE/json" > /dev/null || drift "image $IMAGE" nothing
  network_as_wanted || drift "Docker network $BRIDGE on $SUBNET" "$(answer "networks/$BRIDGE" | cut -c 1-200)"
}

remove() {
  :
}
