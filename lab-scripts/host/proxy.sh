# What all services of a host share, as kube-proxy's iptables mode has it: the chains that ask for each service, for what
# comes in (PREROUTING) and for what the host itself sends (OUTPUT), and the masquerade of what they mark.
# The services (service.sh) put their own rules into PODLAB-SERVICES and PODLAB-NODEPORTS.

MARK=0x4000/0x4000

# The rules of a table, as `iptables -S` prints them: what this unit owns.
nat_rules() {
  cat << END
-A PREROUTING -j PODLAB-SERVICES
-A OUTPUT -j PODLAB-SERVICES
-A POSTROUTING -j PODLAB-POSTROUTING
-A PODLAB-MARK-MASQ -j MARK --set-xmark $MARK
-A PODLAB-POSTROUTING -m mark ! --mark $MARK -j RETURN
-A PODLAB-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A PODLAB-POSTROUTING -j MASQUERADE
END
}

# What is for the node's own ports is asked last. 127.0.0.1 is left to whoever listens there.
NODE_PORTS='-A PODLAB-SERVICES ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j PODLAB-NODEPORTS'

filter_rules() {
  cat << END
-A FORWARD -j PODLAB-SERVICES
-A OUTPUT -j PODLAB-SERVICES
END
}

# found TABLE: what there is of it.
found() {
  iptables -t "$1" -S 2> /dev/null | grep -e '^-A [A-Z]* -j PODLAB-SERVICES$' -e '-j PODLAB-POSTROUTING$' \
    -e '^-A PODLAB-MARK-MASQ ' -e '^-A PODLAB-POSTROUTING ' || true
}

jumps() {
  "$1_rules" | grep -e ' -j PODLAB-SERVICES$' -e ' -j PODLAB-POSTROUTING$'
}

# table NAME [CHAIN]: the whole of it as one transaction. A chain that is declared is emptied, so those with the services' rules
# are made only where they are not yet.
table() {
  echo "*$1"
  for chain in PODLAB-SERVICES ${2:-}; do
    iptables -t "$1" -S "$chain" > /dev/null 2>&1 || echo ":$chain - [0:0]"
  done
  iptables -t "$1" -S | grep -x -F -e "$(jumps "$1")" -e "$NODE_PORTS" | sed 's/^-A/-D/'
  if [ "$1" = nat ]; then
    echo ':PODLAB-MARK-MASQ - [0:0]'
    echo ':PODLAB-POSTROUTING - [0:0]'
    echo "$NODE_PORTS"
  fi
  # Before the host's own masquerade, whose exemptions are not meant for what a service has marked.
  "$1_rules" | sed 's/^-A POSTROUTING/-I POSTROUTING 1/'
  echo COMMIT
}

apply() {
  table nat PODLAB-NODEPORTS | iptables-restore --noflush
  table filter | iptables-restore --noflush
}

check() {
  for name in nat filter; do
    same_rules "$("${name}_rules" | sort -s -k 2,2)" "$(found "$name" | sort -s -k 2,2)"
  done
  same 'the first rule of POSTROUTING' '-A POSTROUTING -j PODLAB-POSTROUTING' \
    "$(iptables -t nat -S POSTROUTING | grep -m 1 '^-A')"
  same 'the last rule of PODLAB-SERVICES' "$NODE_PORTS" "$(iptables -t nat -S PODLAB-SERVICES | tail -n 1)"
}

# Services are removed before; their chains go with them.
remove() {
  for name in nat filter; do
    found "$name" | sed -n 's/^-A/-D/p' | while read -r rule; do
      # shellcheck disable=SC2086 # iptables -S prints words
      iptables -t "$name" $rule
    done
    for chain in PODLAB-SERVICES PODLAB-NODEPORTS PODLAB-POSTROUTING PODLAB-MARK-MASQ; do
      iptables -t "$name" -F "$chain" 2> /dev/null || true
    done
    for chain in PODLAB-SERVICES PODLAB-NODEPORTS PODLAB-POSTROUTING PODLAB-MARK-MASQ; do
      iptables -t "$name" -X "$chain" 2> /dev/null || true
    done
  done
}
