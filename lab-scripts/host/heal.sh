# Runs in a node: undoes every fault that was injected here, the newest first, then applies each unit that drifted.
# Waits for the node's boot. A line for each thing done: `undone FAULT` or `repaired UNIT`.

podlab=/var/lib/podlab

tries=0
until [ -e /run/podlab/ready ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 600 ]; then
    echo "its boot did not finish within 60 s: /run/podlab/ready is not there" >&2
    exit 1
  fi
  sleep 0.1
done

find "$podlab/faults" -name '*.fault' 2> /dev/null | sort -r | while read -r note; do
  sh "$note" undo < /dev/null
  # The first line is `# podlab: fault NAME TARGET …`.
  sed -n '1s/^# podlab: fault/undone/p' "$note"
  rm -f "$note"
done

failed=0
for unit in "$podlab"/units/*.unit; do
  [ -e "$unit" ] || continue
  name=${unit##*/}; name=${name%.unit}; name=${name#*-}
  sh "$unit" check < /dev/null > /dev/null 2>&1 && continue
  # The lock of run.sh: an update of this very unit may be on its way.
  if said=$(flock -w 60 "/run/podlab/$name.lock" sh "$unit" apply < /dev/null 2>&1); then
    echo "repaired $name"
  else
    echo "unit $name could not be applied: $said" >&2
    failed=1
  fi
done
exit "$failed"
