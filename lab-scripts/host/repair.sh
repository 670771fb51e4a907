# Runs in a node: applies each unit that is not as it should be, and says so: `repaired UNIT`.

failed=0
for unit in /var/lib/podlab/units/*.unit; do
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
