# The IPv6 address of an interface on a segment.   HOLDER=10.252.1.2 ADDRESS=fd00:10:252:1::2/64
# Docker's network of the segment is IPv4 only, so that the machine gets no IPv6 address there; Docker then turns IPv6 off in
# the container. HOLDER, the interface's IPv4 address, tells which one it is.
# accept_dad 0, nodad: nobody else is on the segment, and a duplicate address search would take a second in which nothing
# is answered (RFC 4862, 5.4). accept_ra 0: no router but the plan's.
# icmp/ratemask 255: no kind of ICMPv6 error is rationed, as with icmp_ratemask on IPv4 (components/node.ts); to write
# nothing there changes nothing.

CONF=/proc/sys/net/ipv6/conf
RATEMASK=/proc/sys/net/ipv6/icmp/ratemask

# In this order: once IPv6 is on, its first address, the link-local one, comes at once.
settings() {
  echo "$1/accept_dad=0 $1/accept_ra=0 $1/disable_ipv6=0 lo/disable_ipv6=0"
}

addresses() {
  ip -o -6 address show dev "$1" scope global 2>/dev/null | awk '{ print $4 }' | sort | xargs
}

apply() {
  dev=$(device_of "$HOLDER")
  [ -n "$dev" ] || { echo "no interface holds $HOLDER" >&2; exit 1; }
  echo 255 > "$RATEMASK"
  for one in $(settings "$dev"); do
    echo "${one#*=}" > "$CONF/${one%=*}"
  done
  for address in $(addresses "$dev"); do
    [ "$address" = "$ADDRESS" ] || ip -6 address delete "$address" dev "$dev"
  done
  ip -6 address replace "$ADDRESS" dev "$dev" nodad
}

check() {
  dev=$(device_of "$HOLDER")
  [ -n "$dev" ] || drift "an interface with $HOLDER" nothing
  for one in $(settings "$dev"); do
    same "net.ipv6.conf.${one%=*}" "${one#*=}" "$(cat "$CONF/${one%=*}")"
  done
  same "$dev IPv6 address" "$ADDRESS" "$(addresses "$dev")"
  same 'net.ipv6.icmp.ratemask' 255 "$(cat "$RATEMASK")"
}

remove() {
  dev=$(device_of "$HOLDER")
  [ -z "$dev" ] || echo 1 > "$CONF/$dev/disable_ipv6"
}
