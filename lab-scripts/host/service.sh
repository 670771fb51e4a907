# One service, as kube-proxy's iptables mode makes it: an address that no interface has, translated to one endpoint of several.
#   SERVICE=web ADDRESS=10.96.0.10 PORT=80 PROTOCOLS='tcp udp'
#   NODE_PORT=30080             every address of the host has it, too; empty: none
#   EXCEPT_FROM=192.168.0.0/16  who keeps its own source address; empty: nobody
#   ENDPOINTS='192.168.20.2:8080 192.168.30.2:8080'   empty: connections are refused
#
# Chains: PODLAB-SERVICES -> PODLAB-SVC-web -> PODLAB-SEP-web-1 or -2 …, each with an equal chance
#         PODLAB-NODEPORTS -> PODLAB-EXT-web -> PODLAB-SVC-web

SVC=PODLAB-SVC-$SERVICE
EXT=PODLAB-EXT-$SERVICE
SEP=PODLAB-SEP-$SERVICE-

# chance N: 1/N as the kernel holds it, in units of 2^-31 (xt_statistic), and iptables prints it.
chance() {
  awk -v n="$1" 'BEGIN { printf "%.11f", int(2147483648 / n + 0.5) / 2147483648 }'
}

# A table's rules, as `iptables -S` prints them.
nat_rules() {
  [ -n "$ENDPOINTS" ] || return 0
  for protocol in $PROTOCOLS; do
    echo "-A PODLAB-SERVICES -d $ADDRESS/32 -p $protocol -m $protocol --dport $PORT -j $SVC"
    [ -z "$NODE_PORT" ] || echo "-A PODLAB-NODEPORTS -p $protocol -m $protocol --dport $NODE_PORT -j $EXT"
  done
  for protocol in $PROTOCOLS; do
    echo "-A $SVC${EXCEPT_FROM:+ ! -s $EXCEPT_FROM} -d $ADDRESS/32 -p $protocol -m $protocol --dport $PORT -j PODLAB-MARK-MASQ"
  done
  # Of those that are left each has the same chance; the last one takes the rest.
  # shellcheck disable=SC2086 # a list of words
  set -- $ENDPOINTS
  number=0
  while [ $# -gt 0 ]; do
    number=$((number + 1))
    [ $# -eq 1 ] && lot= || lot=" -m statistic --mode random --probability $(chance $#)"
    echo "-A $SVC$lot -j $SEP$number"
    # An endpoint that asks itself must not see its own address, or it would answer itself (hairpin).
    echo "-A $SEP$number -s ${1%:*}/32 -j PODLAB-MARK-MASQ"
    for protocol in $PROTOCOLS; do
      echo "-A $SEP$number -p $protocol -m $protocol -j DNAT --to-destination $1"
    done
    shift
  done
  [ -z "$NODE_PORT" ] || {
    echo "-A $EXT -j PODLAB-MARK-MASQ"
    echo "-A $EXT -j $SVC"
  }
}

filter_rules() {
  [ -z "$ENDPOINTS" ] || return 0
  for protocol in $PROTOCOLS; do
    echo "-A PODLAB-SERVICES -d $ADDRESS/32 -p $protocol -m $protocol --dport $PORT -m comment --comment $SVC -j REJECT --reject-with icmp-port-unreachable"
  done
}

# found TABLE: what there is of the service, in its own chains and in those that it shares with others. It goes by name, for
# the service may have had another address, or another service this one.
found() {
  if [ "$1" = nat ]; then
    iptables -t nat -S | grep -E -e "^-A ($SVC|$EXT|${SEP}[0-9]+) " -e "^-A PODLAB-(SERVICES|NODEPORTS) .* -j ($SVC|$EXT)$" || true
  else
    iptables -S PODLAB-SERVICES 2> /dev/null | grep -F -e " --comment $SVC -j " || true
  fi
}

chains() {
  iptables -t nat -S | sed -n -E "s/^-N ($SVC|$EXT|${SEP}[0-9]+)$/\1/p"
}

# The whole as one transaction: what is there goes, what is wanted comes. A chain that is declared is emptied.
nat_table() {
  wanted=$(nat_rules | sed -n -E "s/^-A ($SVC|$EXT|${SEP}[0-9]+) .*/\1/p" | sort -u)
  had=$(chains)
  echo '*nat'
  for chain in $(printf '%s\n' "$wanted" "$had" | sort -u); do echo ":$chain - [0:0]"; done
  found nat | sed -n 's/^-A \(PODLAB-SERVICES\|PODLAB-NODEPORTS\)/-D \1/p'
  # Services are asked before the node's own ports.
  nat_rules | sed 's/^-A PODLAB-SERVICES/-I PODLAB-SERVICES 1/'
  for chain in $had; do
    printf '%s\n' "$wanted" | grep -q -x -F -e "$chain" || echo "-X $chain"
  done
  echo COMMIT
}

filter_table() {
  echo '*filter'
  found filter | sed 's/^-A/-D/'
  filter_rules
  echo COMMIT
}

apply() {
  nat_table | iptables-restore --noflush
  filter_table | iptables-restore --noflush
  # A flow of datagrams never ends by itself and would go on to an endpoint that left; kube-proxy forgets them, too.
  if command -v conntrack > /dev/null; then conntrack -D -p udp --orig-dst "$ADDRESS" > /dev/null 2>&1 || true; fi
}

# by_chain: rules by their chain, each chain in its order. In the chains that services share any order is right.
by_chain() {
  rules=$(cat)
  printf '%s\n' "$rules" | grep -e "^-A PODLAB-S[VE][CP]-" -e "^-A $EXT " | sort -s -k 2,2
  printf '%s\n' "$rules" | grep -e '^-A PODLAB-SERVICES ' -e '^-A PODLAB-NODEPORTS ' | sort
}

check() {
  for name in nat filter; do same_rules "$("${name}_rules" | by_chain)" "$(found "$name" | by_chain)"; done
}

remove() {
  ENDPOINTS=
  nat_table | iptables-restore --noflush
  found filter | sed -n 's/^-A/-D/p' | while read -r rule; do
    # shellcheck disable=SC2086 # iptables -S prints words
    iptables $rule
  done
}
