# Runs in a node until its standard input ends: asks ADDRESS every 50 ms, with a line when it begins and for
# each answer (of a server also for each that did not come).
#   PAUSE=web.pause   asks from that pod's namespace; empty: from the node's
#   PORT=8080         asks a web server; empty: echo requests

enter=
[ -z "$PAUSE" ] || enter="nsenter --net=/proc/$(docker inspect --format '{{.State.Pid}}' "$PAUSE")/ns/net"

echo begun

ask_server() {
  while :; do
    # shellcheck disable=SC2086 # words
    $enter curl -fs --max-time 0.2 --output /dev/null "http://$ADDRESS:$PORT/" && echo answered || echo missed
    sleep 0.05
  done
}

if [ -n "$PORT" ]; then
  ask_server &
else
  # shellcheck disable=SC2086 # words
  $enter ping -n -i 0.05 "$ADDRESS" &
fi
asker=$!
cat > /dev/null
kill "$asker" 2> /dev/null || true
