# A BGP daemon: BIRD 2 announces the subnets of some interfaces and puts what its neighbours announce into the kernel's table.
#   ID=10.249.1.2 AS=64513                       router id and autonomous system
#   ANNOUNCE=cbr0                                interfaces whose connected subnets are announced; empty: none
#   PEERS='router,10.249.1.1,64512 …'            name, address and autonomous system; per neighbour
#   HOLD=3                                       seconds without a word until a neighbour counts as gone
# Look at it with birdc: `birdc show protocols`, `birdc show route all`.

CONFIG=/etc/bird/bird.conf
RUN=/run/bird

# Names of BIRD's may be any of its words unless they begin otherwise.
each_peer() {
  for peer in $PEERS; do
    printf 'to-%s\n' "$peer" | tr ',' ' '
  done
}

config() {
  cat << END
log "$RUN/bird.log" 1000000 "$RUN/bird.log.old" all;
router id $ID;
protocol device { scan time 10; }
$([ -z "$ANNOUNCE" ] || printf 'protocol direct { ipv4; interface "%s"; }\n' "$(echo "$ANNOUNCE" | sed 's/ /", "/g')")
# A route that somebody deletes from the kernel's table comes back with the next scan.
protocol kernel { scan time 2; ipv4 { import none; export where source = RTS_BGP; }; }
template bgp neighbour {
  local as $AS;
  hold time $HOLD; keepalive time $((HOLD / 3));
  connect delay time 1; connect retry time 1; error wait time 1, 2;
  ipv4 { import all; export where source ~ [ RTS_DEVICE, RTS_BGP ]; };
}
END
  each_peer | while read -r name address as; do
    echo "protocol bgp '$name' from neighbour { neighbor $address as $as; }"
  done
}

# Without birdc's greeting.
ask() {
  birdc "$@" 2>&1 | sed 1d
}

runs() {
  birdc show status > /dev/null 2>&1
}

# Neighbours that BIRD does not even try to reach, a line each. Where it tries in vain it does all that it can: why there is no
# session is to be found with the neighbour, or between the two.
given_up() {
  tried=$(ask show protocols | awk '$2 == "BGP" && $4 != "down" { print $1 }')
  each_peer | while read -r name _; do
    printf '%s\n' "$tried" | grep -q -x -F -e "$name" || echo "$name"
  done
}

# Subnets that BIRD has chosen a learned way to, and those for which the kernel has one by BIRD.
chosen() { ask show route primary where source = RTS_BGP | awk '/ unicast / { print $1 }' | sort | xargs; }
installed() { ip route show proto bird | awk '{ print $1 }' | sort | xargs; }

apply() {
  mkdir -p "$RUN"
  config > "$CONFIG.new"
  mv "$CONFIG.new" "$CONFIG"
  if runs; then
    # Sessions whose part of the configuration is the same go on; one that was disabled is enabled.
    ask configure > /dev/null
  else
    # It closes what it was given: a daemon must not keep the lock of run.sh.
    start-stop-daemon --start --background --exec /usr/sbin/bird -- -f
  fi
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do runs && return; sleep 0.05; done
  echo "BIRD does not answer within 1 s: $(birdc show status 2>&1 | xargs)" >&2
  exit 1
}

check() {
  found=$(config | diff - "$CONFIG" 2>&1 | grep '^[<>d]' | head -n 1)
  [ -z "$found" ] || drift "$CONFIG as planned" "$found"
  runs || drift 'BIRD' 'no answer from it'
  found=$(given_up | xargs)
  [ -z "$found" ] || drift 'every session up, or tried' "$found down"
  same 'learned routes in the kernel' "$(chosen)" "$(installed)"
}

remove() {
  ask down > /dev/null
  rm -f "$CONFIG"
}
