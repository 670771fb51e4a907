# Runs in a node: removes every unit that is kept here but not among WANTED, the last applied first.
#   WANTED='bridge-cbr0 engine …'   names of units

find /var/lib/podlab/units -name '*.unit' 2> /dev/null | sort -r | while read -r unit; do
  name=${unit##*/}; name=${name%.unit}; name=${name#*-}
  case " $WANTED " in *" $name "*) continue ;; esac
  # As run.sh does it; what is left of it there is then nothing.
  flock -w 60 "/run/podlab/$name.lock" sh "$unit" remove < /dev/null
  rm -f "$unit" "$unit.generation"
done
