# The lab ends here: no way to anything but its own networks. Docker gives every container a default route.

apply() {
  while ip route delete default 2>/dev/null; do :; done
}

check() {
  found=$(ip route show default)
  [ -z "$found" ] || drift 'no default route' "$found"
}

remove() {
  :
}
