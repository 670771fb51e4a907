# A tunnel to every other host, as flannel's vxlan backend makes it: one VXLAN interface, and for each peer a route to its
# pod subnet, a neighbour entry for the next hop, and an FDB entry that says which host the frame goes to. Nothing is
# learned and nothing flooded: whatever is not listed here has no way.
#   DEV=vxlan1 VNI=1 PORT=4789 LOCAL=10.240.1.2 ADDRESS=192.168.20.0/32 MAC=02:42:c0:a8:14:00 MTU=1450
#   PEERS='192.168.30.0/24,192.168.30.0,02:42:c0:a8:1e:00,10.240.2.2 …'   pod subnet, next hop, its MAC, its host; per peer

each_peer() {
  for peer in $PEERS; do
    printf '%s\n' "$peer" | tr ',' ' '
  done
}

wanted_routes() { each_peer | while read -r subnet hop _ _; do echo "$subnet via $hop onlink"; done | sort; }
wanted_neighbours() { each_peer | while read -r _ hop mac _; do echo "$hop lladdr $mac PERMANENT"; done | sort; }
wanted_fdb() { each_peer | while read -r _ _ mac host; do echo "$mac dst $host self permanent"; done | sort; }

found_routes() { ip route show dev "$DEV" 2>/dev/null | sed 's/ *$//' | sort; }
found_neighbours() { ip neighbour show dev "$DEV" nud all 2>/dev/null | sed 's/ *$//' | grep -v -e NOARP -e FAILED | sort; }
found_fdb() { bridge fdb show dev "$DEV" 2>/dev/null | sed 's/ *$//' | grep -v '^33:33\|^01:00' | sort; }

link() {
  ip -d link show dev "$DEV" 2>/dev/null
}

link_as_wanted() {
  case $(link | tr '\n' ' ') in
    *"vxlan id $VNI local $LOCAL "*"dstport $PORT "*) ;;
    *) return 1 ;;
  esac
}

apply() {
  link_as_wanted || {
    ip link delete "$DEV" 2>/dev/null || true
    ip link add "$DEV" address "$MAC" mtu "$MTU" type vxlan id "$VNI" local "$LOCAL" dstport "$PORT" nolearning
  }
  ip link set "$DEV" address "$MAC" mtu "$MTU" up
  ip address replace "$ADDRESS" dev "$DEV"
  # What is not wanted goes first: entries of a host that left, or that somebody altered.
  wanted=$(wanted_routes)
  found_routes | grep -v -x -F -e "$wanted" | while read -r route; do
    # shellcheck disable=SC2086 # `ip route` prints words
    ip route delete $route dev "$DEV"
  done
  wanted=$(wanted_neighbours)
  found_neighbours | grep -v -x -F -e "$wanted" | while read -r hop _; do ip neighbour delete "$hop" dev "$DEV"; done
  wanted=$(wanted_fdb)
  found_fdb | grep -v -x -F -e "$wanted" | while read -r mac _ host _; do bridge fdb delete "$mac" dev "$DEV" dst "$host"; done
  each_peer | while read -r subnet hop mac host; do
    ip neighbour replace "$hop" lladdr "$mac" nud permanent dev "$DEV"
    bridge fdb replace "$mac" dev "$DEV" dst "$host" self permanent
    ip route replace "$subnet" via "$hop" dev "$DEV" onlink
  done
}

check() {
  link_as_wanted || drift "$DEV: vxlan id $VNI local $LOCAL dstport $PORT" "$(link | tr '\n' ' ')"
  same "$DEV mtu" "$MTU" "$(cat "/sys/class/net/$DEV/mtu")"
  same "routes by $DEV" "$(wanted_routes | xargs)" "$(found_routes | xargs)"
  same "neighbours on $DEV" "$(wanted_neighbours | xargs)" "$(found_neighbours | xargs)"
  same "FDB of $DEV" "$(wanted_fdb | xargs)" "$(found_fdb | xargs)"
}

remove() {
  ip link delete "$DEV" 2>/dev/null || true
}
