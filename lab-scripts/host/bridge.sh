# The host's bridge for its pods.   BRIDGE=cbr0 ADDRESS=192.168.20.1/24 MTU=1500
#   MAC=02:42:c0:a8:14:01   empty: the kernel's choice, which changes with the bridge's ports
#   ADDRESS6=fd00:20::1/64   where the lab has IPv6; accept_dad and nodad as in address6.sh
#   NETFILTER=0  frames between its ports stay frames: iptables does not see them (bridge-nf-call-iptables 0), whatever
#                br_netfilter's default is on this machine. Without br_netfilter the setting does not exist, and nothing
#                sees them anyway.
#   NETFILTER=1  iptables sees them, which services and policies need: an answer from one pod to the other must pass the
#                translation that the question met. And a pod that is its own service's endpoint gets its frames back by
#                the port they came in by (hairpin).

ADDRESS6=${ADDRESS6:-}
CALL=/proc/sys/net/bridge/bridge-nf-call-iptables
CALL6=/proc/sys/net/bridge/bridge-nf-call-ip6tables
CONF=/proc/sys/net/ipv6/conf/$BRIDGE
LINKS=/sys/class/net

# addresses FAMILY: those of the bridge, without the link-local ones that IPv6 brings by itself.
addresses() {
  ip -o "-$1" address show dev "$BRIDGE" scope global 2> /dev/null |
    while read -r _ _ _ address _; do echo "$address"; done
}

# Host ends of the pods' veth pairs that are plugged in nowhere. The host's own eth0 is a veth too: Docker's for the pods
# are told by their name. While a host is being plugged in, its eth0 has such a name as well, for a moment: in a host without
# containers (CONTAINERS: as in pod.sh) there is no veth of a pod.
loose_veths() {
  [ -z "${CONTAINERS:-}" ] || [ -s "$CONTAINERS" ] || return 0
  for veth in "$LINKS"/veth*; do
    [ ! -e "$veth" ] || [ -e "$veth/master" ] || echo "${veth##*/}"
  done
}

ports() {
  ip -o link show master "$BRIDGE" | awk -F '[ @:]+' '{ print $2 }'
}

# Ports that would not send back what came in by them.
no_hairpins() {
  for port in $(ports); do
    [ "$(cat "$LINKS/$port/brport/hairpin_mode")" = 1 ] || echo "$port"
  done
}

apply() {
  if [ "$NETFILTER" = 1 ] && [ ! -e "$CALL" ]; then
    echo "this machine's kernel lets no rule see what a bridge passes ($CALL is not there), which services and policies need; load the module on the machine: modprobe br_netfilter" >&2
    exit 1
  fi
  if [ -e "$LINKS/$BRIDGE" ]; then
    for address in $(addresses 4); do
      [ "$address" = "$ADDRESS" ] || ip address delete "$address" dev "$BRIDGE"
    done
  else
    ip link add "$BRIDGE" type bridge
  fi
  ip address replace "$ADDRESS" dev "$BRIDGE"
  [ -z "$ADDRESS6" ] || apply6
  # Not as it is made: a bridge keeps to an MTU that it was given later, and to no other when it gets ports (br_change_mtu).
  ip link set "$BRIDGE" mtu "$MTU" ${MAC:+address "$MAC"} up
  [ ! -e "$CALL" ] || echo "$NETFILTER" > "$CALL"
  for veth in $(loose_veths); do
    ip link set "$veth" master "$BRIDGE" up
  done
  # Docker sets it for new pods by itself (dockerd --userland-proxy=false).
  if [ "$NETFILTER" = 1 ]; then
    for port in $(no_hairpins); do bridge link set dev "$port" hairpin on; done
  fi
}

apply6() {
  for setting in accept_dad disable_ipv6; do echo 0 > "$CONF/$setting"; done
  for address in $(addresses 6); do
    [ "$address" = "$ADDRESS6" ] || ip -6 address delete "$address" dev "$BRIDGE"
  done
  ip -6 address replace "$ADDRESS6" dev "$BRIDGE" nodad
  [ ! -e "$CALL6" ] || echo 0 > "$CALL6"
}

check6() {
  # shellcheck disable=SC2046 # words
  same "$BRIDGE IPv6 address" "$ADDRESS6" "$(flat $(addresses 6))"
  [ ! -e "$CALL6" ] || same 'bridge-nf-call-ip6tables' 0 "$(cat "$CALL6")"
}

# The checks of all units of all nodes are to take under a second: what the shell can read by itself, it reads.
check() {
  [ -e "$LINKS/$BRIDGE/bridge" ] || drift "bridge $BRIDGE" nothing
  read -r flags < "$LINKS/$BRIDGE/flags"
  [ $((flags & 1)) = 1 ] || drift "$BRIDGE up" down # IFF_UP, netdevice(7)
  read -r found < "$LINKS/$BRIDGE/mtu"
  same "$BRIDGE mtu" "$MTU" "$found"
  read -r found < "$LINKS/$BRIDGE/address"
  [ -z "$MAC" ] || same "$BRIDGE MAC address" "$MAC" "$found"
  # shellcheck disable=SC2046 # words
  same "$BRIDGE address" "$ADDRESS" "$(flat $(addresses 4))"
  [ -z "$ADDRESS6" ] || check6
  same 'bridge-nf-call-iptables' "$NETFILTER" "$(cat "$CALL" 2> /dev/null || echo 0)"
  # shellcheck disable=SC2046 # words
  [ "$NETFILTER" = 0 ] || same 'ports without hairpin:' '' "$(flat $(no_hairpins))"
  # shellcheck disable=SC2046 # words
  loose=$(flat $(loose_veths))
  [ -z "$loose" ] || drift "every veth on $BRIDGE" "$loose on no bridge"
}

remove() {
  ip link delete "$BRIDGE" 2>/dev/null || true
}
