# Stands in every unit between its variables and its kind's apply, check and remove.

# drift WANTED FOUND: the answer of a check that failed.
drift() {
  printf 'wanted %s, found %s\n' "$1" "${2:-nothing}"
  exit 3
}

# device_of ADDRESS: the interface that holds it. Docker numbers eth0, eth1 … as it likes, so units go by address.
device_of() {
  case $1 in *:*) whole=128 ;; *) whole=32 ;; esac
  # shellcheck disable=SC2046 # words: its number, its name, …
  set -- $(ip -o address show to "$1/$whole")
  echo "${2:-}"
}

# flat WORDS…: in one line. A process less than xargs.
flat() {
  echo "$*"
}

# same WHAT WANTED FOUND: drift unless the two are equal.
same() {
  [ "$2" = "$3" ] || drift "$1 $2" "$3"
}

# same_rules WANTED FOUND: drift unless two lists of rules, a line each, are equal; tells the first that is amiss.
same_rules() {
  [ "$1" = "$2" ] && return
  lacking=$(printf '%s\n' "$1" | grep -v -x -F -e "$2" | head -n 1)
  more=$(printf '%s\n' "$2" | grep -v -x -F -e "$1" | head -n 1)
  drift "${lacking:-no other rule}" "${more:-$([ -n "$lacking" ] && echo nothing || echo 'another order')}"
}
