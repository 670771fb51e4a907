# The CNI config list of a host: which plugins wire its pods, and how. A runtime takes the first of the directory.
#   LIST='{"cniVersion":"1.0.0", …}'

FILE=/etc/cni/net.d/10-podlab.conflist

apply() {
  mkdir -p "${FILE%/*}"
  printf '%s\n' "$LIST" > "$FILE.new"
  mv "$FILE.new" "$FILE"
}

check() {
  same "$FILE" "$LIST" "$(cat "$FILE" 2> /dev/null)"
}

remove() {
  rm -f "$FILE"
}
