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
  # On a machine that starts a lab's engines at the same time it may take a second.
  tries=0
  until answer > /dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -eq 100 ]; then
      echo "the server did not answer on port $PORT within 5 s" >&2
      exit 1
    fi
    sleep 0.05
  done
}

check() {
  case $(answer) in *"\"$PODLAB_IDENTITY\""*) ;; *) drift "a server on port $PORT" nothing ;; esac
}

remove() {
  start-stop-daemon --stop --oknodo --signal KILL --remove-pidfile --pidfile "$PIDFILE" > /dev/null 2>&1 || true
}
