# One static route.   DESTINATION=192.168.30.0/24 VIA=10.240.2.2   (0.0.0.0/0 and ::/0 are the default routes)

# route WORDS: `ip route` of the destination's family.
route() {
  case $DESTINATION in *:*) ip -6 route "$@" ;; *) ip route "$@" ;; esac
}

# several ROUTES: whether they are more than one, a line each.
several() {
  case $1 in *"
"*) ;; *) return 1 ;; esac
}

apply() {
  # `replace` changes only an equal one; a second route to the same destination goes first.
  while several "$(route show exact "$DESTINATION")"; do route delete "$DESTINATION"; done
  route replace "$DESTINATION" via "$VIA"
}

check() {
  found=$(route show exact "$DESTINATION")
  ! several "$found" || drift "one route to $DESTINATION" "$found"
  case $found in
    *" via $VIA dev "*linkdown*) drift "$DESTINATION via $VIA" "$found" ;;
    *" via $VIA dev "*) ;;
    *) drift "$DESTINATION via $VIA" "$found" ;;
  esac
}

remove() {
  route delete "$DESTINATION" via "$VIA" 2>/dev/null || true
}
