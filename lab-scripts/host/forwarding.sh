# The node passes packets on (net.ipv4.ip_forward, Documentation/networking/ip-sysctl.rst), and nothing filters them
# but chains of podlab's own.   IPV6=yes   IPv6 packets, too (net.ipv6.conf.all.forwarding)

IPV6=${IPV6:-}

# foreign_rules TOOL: iptables or ip6tables
foreign_rules() {
  rules=$("$1" -S FORWARD)
  [ "$rules" = "-P FORWARD ACCEPT" ] || printf '%s\n' "$rules" | awk '!/^-P FORWARD ACCEPT$/ && !/ -j PODLAB-/'
}

accept_all() {
  foreign=$(foreign_rules "$1")
  [ -n "$foreign" ] || return 0
  "$1" -P FORWARD ACCEPT
  printf '%s\n' "$foreign" | sed -n 's/^-A/-D/p' | while read -r rule; do
    # shellcheck disable=SC2086 # iptables -S prints words
    "$1" $rule
  done
}

accepts_all() {
  found=$(foreign_rules "$1")
  [ -z "$found" ] || drift "a FORWARD chain of $1 that accepts everything" "$found"
}

apply() {
  echo 1 > /proc/sys/net/ipv4/ip_forward
  accept_all iptables
  [ -n "$IPV6" ] || return 0
  echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
  accept_all ip6tables
}

check() {
  same 'net.ipv4.ip_forward' 1 "$(cat /proc/sys/net/ipv4/ip_forward)"
  accepts_all iptables
  [ -n "$IPV6" ] || return 0
  same 'net.ipv6.conf.all.forwarding' 1 "$(cat /proc/sys/net/ipv6/conf/all/forwarding)"
  accepts_all ip6tables
}

remove() {
  :
}
