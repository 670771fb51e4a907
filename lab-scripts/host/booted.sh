# Waits in a node until its boot is done: its entrypoint has applied every unit that it keeps (node/entrypoint.sh).

tries=0
until [ -e /run/podlab/ready ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 600 ]; then
    echo "its boot did not finish within 60 s: /run/podlab/ready is not there" >&2
    exit 1
  fi
  sleep 0.1
done
