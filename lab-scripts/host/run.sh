# run.sh apply NAME ORDER GENERATION: runs in a node, as the head of what `docker exec -i NODE sh -s` reads.
# The text of the unit follows it as a here-document, which `keep_unit` stores.
# Stores the unit, applies it, and notes the generation once that worked.
# A stored unit is applied again at every boot of the node (node/entrypoint.sh).

units=/var/lib/podlab/units

run_unit() {
  name=$2 order=$3 generation=$4
  unit=$units/$order-$name.unit
  mkdir -p "$units" /run/podlab
  # Two runs of one unit (a boot and an update, say) take turns.
  exec 9> "/run/podlab/$name.lock"
  flock -w 60 9 || { echo "unit $name is still being applied by another run after 60 s" >&2; exit 1; }
  rm -f "$unit.generation"
  keep_unit > "$unit.new"
  mv "$unit.new" "$unit"
  sh "$unit" apply < /dev/null
  echo "$generation" > "$unit.generation"
}
