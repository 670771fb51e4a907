# Masquerade, as kubernetes-sigs/ip-masq-agent arranges it: one chain, exempt destinations first.
#   SOURCE=192.168.20.0/24   whose packets; empty: everybody's
#   EXEMPT='10.0.0.0/8 …'    destinations that see the packet's own source address
#   OUT=203.0.113.1          only packets that leave by the interface with this address; empty: by any
#   FAMILY=6                 of IPv6 packets, with addresses of IPv6 in the others

CHAIN=PODLAB-MASQ
TOOL=iptables
[ "${FAMILY:-4}" = 4 ] || TOOL=ip6tables

rules() {
  for cidr in $EXEMPT; do printf -- '-A %s -d %s -j RETURN\n' "$CHAIN" "$cidr"; done
  printf -- '-A %s -j MASQUERADE\n' "$CHAIN"
}

jump() {
  out=
  [ -z "$OUT" ] || out=$(device_of "$OUT")
  printf -- 'POSTROUTING%s%s -j %s\n' "${SOURCE:+ -s $SOURCE}" "${out:+ -o $out}" "$CHAIN"
}

# Reads the table into TABLE, and what leads to the chain into JUMP: one question each for the whole check.
look() {
  TABLE=$("$TOOL" -t nat -S)
  JUMP=$(jump)
}

jumps() {
  case $TABLE in *"-A $JUMP
"* | *"-A $JUMP") ;; *) return 1 ;; esac
}

# Rules of POSTROUTING in TABLE that are neither podlab's nor those of Docker's name server (127.0.0.11), and jumps to this
# chain that are not today's.
others() {
  printf '%s\n' "$TABLE" | awk -v jump="$JUMP" '
    sub(/^-A POSTROUTING/, "POSTROUTING") && $0 != jump && !/ -j PODLAB-[A-LN-Z]/ && !/ -j DOCKER_/'
}

apply() {
  look
  # Declaring the chain empties it; the whole is one transaction (iptables-restore(8)).
  { echo '*nat'; echo ":$CHAIN - [0:0]"; rules; jumps || echo "-A $JUMP"; echo COMMIT; } | "$TOOL-restore" --noflush
  others | while read -r rule; do
    # shellcheck disable=SC2086 # iptables -S prints words
    "$TOOL" -t nat -D $rule
  done
}

check() {
  look
  # shellcheck disable=SC2046 # words
  same "chain $CHAIN" "$(flat $(rules))" "$(flat $(printf '%s\n' "$TABLE" | grep "^-A $CHAIN "))"
  jumps || drift "$JUMP" nothing
  found=$(others)
  [ -z "$found" ] || drift 'no other rule in POSTROUTING' "$found"
}

remove() {
  # shellcheck disable=SC2046
  while "$TOOL" -t nat -D $(jump) 2>/dev/null; do :; done
  if "$TOOL" -t nat -F "$CHAIN" 2>/dev/null; then "$TOOL" -t nat -X "$CHAIN"; fi
}
