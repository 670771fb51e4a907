# One static route.   DESTINATION=192.168.30.0/24 VIA=10.240.2.2   (0.0.0.0/0 is the default route)

apply() {
  # `replace` changes only an equal one; a second route to the same destination goes first.
  while [ "$(ip route show exact "$DESTINATION" | wc -l)" -gt 1 ]; do ip route delete "$DESTINATION"; done
  ip route replace "$DESTINATION" via "$VIA"
}

check() {
  found=$(ip route show exact "$DESTINATION" | sed 's/ *$//')
  case $found in
    *"
"*) drift "one route to $DESTINATION" "$found" ;;
    *" via $VIA dev "*linkdown*) drift "$DESTINATION via $VIA" "$found" ;;
    *" via $VIA dev "*) ;;
    *) drift "$DESTINATION via $VIA" "$found" ;;
  esac
}

remove() {
  ip route delete "$DESTINATION" via "$VIA" 2>/dev/null || true
}
