#!/bin/sh
# make-seed.sh SEED: runs the engine once, has it take in the pod image, and keeps what it wrote: that is what the engine of a new
# host begins with. Runs in a container of the image while that is built (build.sh).
set -eu

mkdir -p /run/podlab
containerd &
containerd=$!
dockerd &
dockerd=$!
tries=0
until docker version > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { echo "the engine did not answer within 60 s" >&2; exit 1; }
  sleep 0.2
done
tar -C /usr/local/share/podlab/pod -c . | docker import --change 'ENV PATH=/bin' - podlab/pod
kill "$dockerd"
wait "$dockerd"
kill "$containerd"
wait "$containerd" || true
tar -C /var/lib/docker -cf "$1" image overlay2
