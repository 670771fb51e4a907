# A web server of the node itself that says who it is and whom it sees.   PORT=80 PODLAB_IDENTITY=internet

PIDFILE=/run/podlab/server.pid

answer() {
  curl -fs --max-time 2 "http://127.0.0.1:$PORT/" 2>/dev/null
}

apply() {
  remove
  export PODLAB_IDENTITY
  start-stop-daemon --start --background --make-pidfile --pidfile "$PIDFILE" \
    --exec /usr/local/share/podlab/pod/bin/serve -- "$PORT"
  for _ in 1 2 3 4 5 6 7 8 9 10; do answer > /dev/null && return; sleep 0.05; done
  echo "the server did not answer on port $PORT within 0.5 s" >&2
  exit 1
}

check() {
  case $(answer) in *"\"$PODLAB_IDENTITY\""*) ;; *) drift "a server on port $PORT" nothing ;; esac
}

remove() {
  start-stop-daemon --stop --oknodo --signal KILL --remove-pidfile --pidfile "$PIDFILE" > /dev/null 2>&1 || true
}
