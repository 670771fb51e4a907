#!/bin/sh
# PID 1 of every node. Starts the host's engine (hosts only), then has the agent apply the state that it keeps:
# so `docker restart` of a node brings it back as it was, with nobody's help.
set -eu
# shellcheck source=engine/start.sh
. /usr/local/lib/podlab/engine.sh

seed=/usr/local/share/podlab/seed.tar

# What a new engine begins with: what a real one wrote while this image was built (podlab-make-seed). Where it can't use that, because
# it has another way to keep images here, the agent has it take in the pod image. One that begins on a full disk would leave
# databases that it can't read later; ended, this container is started again by Docker until there is room.
prepare_data_root() {
  [ ! -e /var/lib/docker/image ] || return 0
  # Blocks that are free, and their size.
  # shellcheck disable=SC2046 # two words
  set -- $(stat --file-system --format '%a %S' /var/lib/docker)
  room=$(($1 * $2 / 1048576))
  if [ "$room" -lt 32 ]; then
    echo "podlab: no room for an engine: $room MB left on the machine's disk, 32 needed" >&2
    exit 1
  fi
  tar -C /var/lib/docker -xf "$seed" || { rm -rf /var/lib/docker/image /var/lib/docker/overlay2; exit 1; }
}

# A tmpfs, which is new at every start (infra/components/containers.ts): what says that the node has booted, and that its engine listens,
# is not of before.
mkdir -p /run/podlab

if [ "${PODLAB_ROLE:-}" = host ]; then
  make_cgroups_writable
  run_containerd &
  prepare_data_root
  run_dockerd &
fi

podlab-node boot || true

# Waiting reaps the orphans of this container, which is PID 1's duty. A node without an engine has a sleeper to wait for.
[ "${PODLAB_ROLE:-}" = host ] || sleep infinity &
trap 'exit 0' TERM INT
wait
