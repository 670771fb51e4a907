# observe.sh CONTAINERS_PY: runs in a node; what became of each of its units. Read-only. A line each, tab-separated:
#   NAME  GENERATION  ok|drift  what was wanted and what was found

CONTAINERS=
if [ "${PODLAB_ROLE:-}" = host ]; then
  CONTAINERS=$(mktemp)
  export CONTAINERS
  trap 'rm -f "$CONTAINERS"' EXIT
  # An engine that does not answer has no containers to show: its own unit says why.
  python3 -ISc "$1" > "$CONTAINERS" 2> /dev/null
fi

for unit in /var/lib/podlab/units/*.unit; do
  [ -e "$unit" ] || continue
  name=${unit##*/}; name=${name%.unit}; name=${name#*-}
  generation=0
  [ ! -e "$unit.generation" ] || read -r generation < "$unit.generation"
  # A process more for each of some ten units in each of some twenty nodes is a second: only what drifted is put into words.
  if said=$(sh "$unit" check < /dev/null 2>&1); then
    printf '%s\t%s\tok\t\n' "$name" "$generation"
  else
    printf '%s\t%s\tdrift\t%s\n' "$name" "$generation" "$(printf '%s' "$said" | tr '\n\t' '  ' | cut -c 1-300)"
  fi
done
