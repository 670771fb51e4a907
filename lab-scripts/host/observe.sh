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
  generation=$(cat "$unit.generation" 2>/dev/null || echo 0)
  if said=$(sh "$unit" check < /dev/null 2>&1); then state=ok; else state=drift; fi
  printf '%s\t%s\t%s\t%s\n' "$name" "$generation" "$state" "$(printf '%s' "$said" | tr '\n\t' '  ' | cut -c 1-300)"
done
