# Stands in every unit between its variables and its kind's apply, check and remove.

# drift WANTED FOUND: the answer of a check that failed.
drift() {
  printf 'wanted %s, found %s\n' "$1" "${2:-nothing}"
  exit 3
}

# device_of ADDRESS: the interface that holds it. Docker numbers eth0, eth1 … as it likes, so units go by address.
device_of() {
  case $1 in *:*) whole=128 ;; *) whole=32 ;; esac
  ip -o address show to "$1/$whole" | awk '{ print $2; exit }'
}

# same WHAT WANTED FOUND: drift unless the two are equal.
same() {
  [ "$2" = "$3" ] || drift "$1 $2" "$3"
}
