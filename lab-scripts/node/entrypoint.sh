#!/bin/sh
# PID 1 of every node. Starts the host's engine (hosts only), then applies the units kept from an earlier run:
# so `docker restart` of a node brings it back as it was, with nobody's help.
set -eu

units=/var/lib/podlab/units
containerd_socket=/run/containerd/containerd.sock
pod_files=/usr/local/share/podlab/pod
# On the volume with the engine's data; gone when the node was stopped in order.
running_in_boot=/var/lib/docker/podlab-boot

# A nested engine makes cgroups of its own, and Docker mounts them read-only into an unprivileged container.
make_cgroups_writable() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mount -o remount,rw /sys/fs/cgroup
    # cgroup v2: controllers can be handed down only by a cgroup without processes of its own
    # (Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint").
    mkdir -p /sys/fs/cgroup/init
    while read -r pid; do echo "$pid" > /sys/fs/cgroup/init/cgroup.procs || true; done < /sys/fs/cgroup/cgroup.procs 2>/dev/null
    tr ' ' '\n' < /sys/fs/cgroup/cgroup.controllers | while read -r controller; do
      echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control || true
    done
  else
    # All in one call (mount_setattr(2)); before Linux 5.12 one by one.
    mount -o remount,bind,rw=recursive /sys/fs/cgroup || true
    for controller in /sys/fs/cgroup/*; do
      [ -w "$controller" ] || busybox mount -o remount,rw,bind "$controller"
    done
  fi
}

# The engine does not wait for the disk (engine/without). Where the machine went down under it, nobody knows which of its files
# are whole: it begins anew, and units make its pods again. A boot of the machine's kernel is told by its id (random(4)).
forget_torn_data_root() {
  [ -e "$running_in_boot" ] || return 0
  read -r ran_in < "$running_in_boot" || true
  if [ "$ran_in" != "$boot" ]; then
    echo "podlab: the machine went down while the engine ran; the engine's data is begun anew" >&2
    find /var/lib/docker -mindepth 1 -delete
  fi
}

# Where there is no room for it, the engine has other troubles.
note_boot() {
  echo "$boot" > "$running_in_boot" || rm -f "$running_in_boot"
}

stop_in_order() {
  if [ -e "$running_in_boot" ] && sync -f /var/lib/docker; then rm -f "$running_in_boot"; fi
  exit 0
}

# What a new engine finds. The pod image is in the node's image as an engine keeps it (engine/pod-store.py), its layer linked to the
# files themselves. Where overlayfs can't be stacked on those, the engine has another way to keep images, and imports it
# (host/engine.sh). One that begins on a full disk would leave databases that it can't read later; ended, this container is started
# again by Docker until there is room.
prepare_data_root() {
  [ ! -e /var/lib/docker/image ] || return 0
  # Blocks that are free, and their size.
  # shellcheck disable=SC2046 # two words
  set -- $(stat --file-system --format '%a %S' /var/lib/docker)
  room=$(($1 * $2 / 1048576))
  if [ "$room" -lt 16 ]; then
    echo "podlab: no room for an engine: $room MB left on the machine's disk, 16 needed" >&2
    exit 1
  fi
  if stacks_on_pod_files; then
    busybox cp -a "$pod_files-store/." /var/lib/docker/ || { rm -rf /var/lib/docker/image /var/lib/docker/overlay2; exit 1; }
  fi
}

# How deep overlays may be stacked is the same for a mount without an upper layer, which leaves nothing to remove.
stacks_on_pod_files() {
  busybox mount -t overlay -o "ro,lowerdir=$pod_files:$pod_files-store" overlay /mnt 2> /dev/null && busybox umount /mnt
}

# crun starts a pod's containers quicker than runc does, but on cgroup v2 it wants to raise RLIMIT_MEMLOCK, for which a host
# would need CAP_SYS_RESOURCE; runc makes do without. Lest a container write to it by way of /proc/PID/exe, crun copies itself
# for each one, unless nobody can write there and _LIBCONTAINER_CLONED_BINARY says that this is meant (crun:
# src/libcrun/cloned_binary.c).
choose_runtime() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    runtime=$(command -v runc)
  else
    runtime=$(command -v crun)
    mount -o bind,ro "$runtime" "$runtime" || true
  fi
}

# GOGC, of both: a start is little but garbage, and a host has room for some of it: a tenth less processor time for 5 MiB.
# containerd is not left to dockerd to start: that looks for it at once, before it can be there, and again only after a second.
run_containerd() {
  while :; do
    GOGC=200 PATH=/usr/local/lib/podlab:$PATH _LIBCONTAINER_CLONED_BINARY=1 without fsync -- containerd --config /usr/local/lib/podlab/containerd.toml &
    echo $! > /run/podlab/containerd.pid
    wait $! || true
    rm -f "$containerd_socket"
    start_again containerd
  done
}

# --iptables=false, --bridge=none: no rule and no bridge but the lab's own stand between a pod and its packets.
# --live-restore: pods outlive a crash of the engine.
# PATH: without iptables (the last folder has runc alone). Though told to leave it alone, the engine would run it eleven times for each pod, to lead queries
# for 127.0.0.11 to a name server of its own (libnetwork, resolver_unix.go). Nobody in a lab asks that server, and without
# those rules a pod's namespace has no NAT, so no connection tracking.
run_dockerd() {
  while :; do
    perl -e 'select(undef, undef, undef, 0.005) until -S $ARGV[0]' "$containerd_socket"
    GOGC=200 PATH=/usr/bin:/bin:/usr/local/lib/podlab/runtime /usr/local/lib/podlab/without fsync conntrack -- "$(command -v dockerd)" \
      --containerd "$containerd_socket" \
      --iptables=false --ip6tables=false --bridge=none --userland-proxy=false --live-restore \
      --add-runtime "podlab=$runtime" --default-runtime podlab --log-driver none --log-level warn || true
    # Left behind by an engine that was killed; another process may have the number in it by then.
    rm -f /run/docker.pid
    start_again dockerd
  done
}

start_again() {
  echo "podlab: the engine's $1 ended; starting it again" >&2
  sleep 1
}

# A tmpfs, which is new at every start (infra/components/node.ts): what says that the node has booted, and that its engine listens,
# is not of before.
mkdir -p /run/podlab

if [ "${PODLAB_ROLE:-}" = host ]; then
  boot=$(cat /proc/sys/kernel/random/boot_id)
  make_cgroups_writable
  forget_torn_data_root
  prepare_data_root
  note_boot
  choose_runtime
  run_containerd &
  run_dockerd &
fi

for unit in "$units"/*.unit; do
  [ -e "$unit" ] || continue
  sh "$unit" apply < /dev/null || echo "podlab: $unit could not be applied" >&2
done
: > /run/podlab/ready

# Waiting reaps the orphans of this container, which is PID 1's duty. A node without an engine has a sleeper to wait for.
[ "${PODLAB_ROLE:-}" = host ] || sleep infinity &
trap stop_in_order TERM INT
wait
