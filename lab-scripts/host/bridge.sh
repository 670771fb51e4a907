# The host's bridge for its pods.   BRIDGE=cbr0 ADDRESS=192.168.20.1/24 MTU=1500
#   MAC=02:42:c0:a8:14:01   empty: the kernel's choice, which changes with the bridge's ports
# Frames between its ports stay frames: iptables does not see them (bridge-nf-call-iptables 0), whatever br_netfilter's
# default is on this machine. Without br_netfilter the setting does not exist, and nothing sees them anyway.

CALL=/proc/sys/net/bridge/bridge-nf-call-iptables

addresses() {
  ip -o -4 address show dev "$BRIDGE" 2>/dev/null | awk '{ print $4 }' | sort | xargs
}

# Host ends of the pods' veth pairs that are plugged in nowhere. The host's own eth0 is a veth too: Docker's for the pods
# are told by their name.
loose_veths() {
  ip -o link show type veth | grep -v ' master ' | awk -F '[ @:]+' '$2 ~ /^veth/ { print $2 }'
}

apply() {
  ip link show "$BRIDGE" > /dev/null 2>&1 || ip link add "$BRIDGE" type bridge
  ip link set "$BRIDGE" mtu "$MTU" ${MAC:+address "$MAC"}
  for address in $(addresses); do
    [ "$address" = "$ADDRESS" ] || ip address delete "$address" dev "$BRIDGE"
  done
  ip address replace "$ADDRESS" dev "$BRIDGE"
  ip link set "$BRIDGE" up
  [ ! -e "$CALL" ] || echo 0 > "$CALL"
  for veth in $(loose_veths); do
    ip link set "$veth" master "$BRIDGE" up
  done
}

check() {
  link=$(ip -o link show dev "$BRIDGE" 2>/dev/null) || drift "bridge $BRIDGE" nothing
  case $link in *[\<,]UP[,\>]*) ;; *) drift "$BRIDGE up" down ;; esac
  same "$BRIDGE mtu" "$MTU" "$(cat "/sys/class/net/$BRIDGE/mtu")"
  [ -z "$MAC" ] || same "$BRIDGE MAC address" "$MAC" "$(cat "/sys/class/net/$BRIDGE/address")"
  same "$BRIDGE address" "$ADDRESS" "$(addresses)"
  [ ! -e "$CALL" ] || same 'bridge-nf-call-iptables' 0 "$(cat "$CALL")"
  loose=$(loose_veths | xargs)
  [ -z "$loose" ] || drift "every veth on $BRIDGE" "$loose on no bridge"
}

remove() {
  ip link delete "$BRIDGE" 2>/dev/null || true
}
