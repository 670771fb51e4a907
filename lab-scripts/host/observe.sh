# observe.sh [CONTAINERS_PY]: runs in a node; what became of each of its units. Read-only. A line each, tab-separated:
#   NAME  GENERATION  SHA256  ok|drift  what was wanted and what was found
# SHA256 is of the unit as it is kept here.
#
# Some ten units in each of some twenty nodes are to be read in a second, and a process takes two milliseconds: units are
# checked in subshells of this one shell, and the engine is asked once for them all.

# Given by look.py, which has asked already.
: "${CONTAINERS=}" "${ANSWERS=}"
if [ -z "$CONTAINERS" ] && [ "${PODLAB_ROLE:-}" = host ]; then
  CONTAINERS=/run/podlab/containers.$$
  ANSWERS=/run/podlab/answers.$$
  trap 'rm -f "$CONTAINERS" "$ANSWERS"' EXIT
  python3 -ISc "$1" > "$CONTAINERS" 3> "$ANSWERS" 2> /dev/null
fi

busybox sha256sum /var/lib/podlab/units/*.unit 2> /dev/null | while read -r sum unit; do
  name=${unit##*/}; name=${name%.unit}; name=${name#*-}
  generation=0
  [ ! -e "$unit.generation" ] || read -r generation < "$unit.generation"
  # No `if` around it: in a condition a shell goes on after errors, as the unit's own `set -e` would not have it.
  # shellcheck disable=SC1090
  said=$(set -- check; . "$unit" < /dev/null 2>&1)
  # shellcheck disable=SC2181
  if [ $? = 0 ]; then
    printf '%s\t%s\t%s\tok\t\n' "$name" "$generation" "$sum"
  else
    printf '%s\t%s\t%s\tdrift\t%s\n' "$name" "$generation" "$sum" "$(printf '%s' "$said" | tr '\n\t' '  ' | cut -c 1-300)"
  fi
done
