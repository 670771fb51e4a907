# The last lines of every unit.
set -eu
case $1 in
  apply | check | remove) "$1" ;;
  *) echo "usage: $0 apply|check|remove" >&2; exit 2 ;;
esac
