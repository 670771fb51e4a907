# device_of ADDRESS: the interface that holds it. Docker numbers eth0, eth1 … as it likes, so a fault goes by the address.
device_of() {
  case $1 in *:*) whole=128 ;; *) whole=32 ;; esac
  # shellcheck disable=SC2046 # words: its number, its name, …
  set -- $(ip -o address show to "$1/$whole")
  echo "${2:-}"
}
