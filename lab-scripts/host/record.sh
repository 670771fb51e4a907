# The lab's spec, kept in the router so that a check needs neither the engine's state nor the config it was made from.
#   RECORD='{"version":1, …}'

FILE=/var/lib/podlab/lab.json

apply() {
  printf '%s\n' "$RECORD" > "$FILE.new"
  mv "$FILE.new" "$FILE"
}

check() {
  same 'the record' "$RECORD" "$(cat "$FILE" 2>/dev/null)"
}

remove() {
  rm -f "$FILE"
}
