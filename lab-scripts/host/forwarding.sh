# The node passes packets on (net.ipv4.ip_forward, Documentation/networking/ip-sysctl.rst), and nothing filters them
# but chains of podlab's own.

foreign_rules() {
  iptables -S FORWARD | grep -v -e '^-P FORWARD ACCEPT$' -e ' -j PODLAB-' || true
}

apply() {
  sysctl -qw net.ipv4.ip_forward=1
  iptables -P FORWARD ACCEPT
  foreign_rules | sed -n 's/^-A/-D/p' | while read -r rule; do
    # shellcheck disable=SC2086 # iptables -S prints words
    iptables $rule
  done
}

check() {
  same 'net.ipv4.ip_forward' 1 "$(cat /proc/sys/net/ipv4/ip_forward)"
  found=$(foreign_rules | head -n 1)
  [ -z "$found" ] || drift 'a FORWARD chain that accepts everything' "$found"
}

remove() {
  :
}
