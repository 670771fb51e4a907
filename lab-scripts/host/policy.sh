# The policies of one pod, as rules of its host.   ADDRESS=192.168.20.2 CHAIN=web
#   EGRESS=drop TO='192.168.30.0/24,tcp,8080 ,,'   what becomes of all that it sends, but for what goes there; empty: it passes
#   INGRESS=reject FROM='192.168.20.3/32,,'        what becomes of all that is sent to it, but for what comes from there
# An exception is a range, a protocol and a port, each of them empty for all.
# Allowed packets return to PODLAB-FROM or PODLAB-TO: the policies of the other end may be asked as well.

EGRESS=${EGRESS:-} TO=${TO:-} INGRESS=${INGRESS:-} FROM=${FROM:-}

verdict() {
  case $1 in
    drop) echo DROP ;;
    reject) echo 'REJECT --reject-with icmp-port-unreachable' ;;
  esac
}

# chain DIRECTION OWN OTHER ACTION EXCEPTIONS: its rules, as `iptables -S` prints them. OWN is the option that means the pod
# itself, OTHER the one that means its peer.
chain() {
  [ -n "$4" ] || return 0
  echo "-A PODLAB-$1 $2 $ADDRESS/32 -j PODLAB-$1-$CHAIN"
  for exception in $5; do
    range=${exception%%,*} port=${exception##*,}
    protocol=${exception#*,} protocol=${protocol%,*}
    [ "$range" != 0.0.0.0/0 ] || range=
    echo "-A PODLAB-$1-$CHAIN${range:+ $3 $range}${protocol:+ -p $protocol -m $protocol --dport $port} -j RETURN"
  done
  echo "-A PODLAB-$1-$CHAIN -j $(verdict "$4")"
}

rules() {
  chain FROM -s -d "$EGRESS" "$TO"
  chain TO -d -s "$INGRESS" "$FROM"
}

# By name, for the pod may have had another address, or another pod this one.
found() {
  iptables -S | grep -E -e "^-A PODLAB-(FROM|TO)-$CHAIN " -e "^-A PODLAB-(FROM|TO) .* -j PODLAB-(FROM|TO)-$CHAIN$" || true
}

# One transaction: what is there goes, what is wanted comes.
table() {
  echo '*filter'
  for name in FROM TO; do echo ":PODLAB-$name-$CHAIN - [0:0]"; done
  found | sed -n 's/^-A \(PODLAB-FROM\|PODLAB-TO\) /-D \1 /p'
  rules
  echo "$1"
  echo COMMIT
}

apply() {
  table '' | iptables-restore --noflush
}

check() {
  same_rules "$(rules | sort -s -k 2,2)" "$(found | sort -s -k 2,2)"
}

remove() {
  EGRESS='' INGRESS=''
  table "$(printf -- '-X PODLAB-FROM-%s\n-X PODLAB-TO-%s' "$CHAIN" "$CHAIN")" | iptables-restore --noflush
}
