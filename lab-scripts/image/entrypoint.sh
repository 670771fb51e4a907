#!/bin/sh
# PID 1 of every node. Starts the host's engine (hosts only), then applies the units kept from an earlier run:
# so `docker restart` of a node brings it back as it was, with nobody's help.
set -eu

units=/var/lib/podlab/units
engine_path=/run/podlab/engine
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
    # busybox: a dozen controllers, 3 ms each with mount(8).
    awk '$3 == "cgroup" { print $2 }' /proc/mounts | while read -r controller; do busybox mount -o remount,rw,bind "$controller"; done
  fi
}

# The engine does not wait for the disk (engine/without). Where the machine went down under it, nobody knows which of its files
# are whole: it begins anew, and units make its pods again. A boot of the machine's kernel is told by its id (random(4)).
forget_torn_data_root() {
  boot=$(cat /proc/sys/kernel/random/boot_id)
  if [ -e "$running_in_boot" ] && [ "$(cat "$running_in_boot")" != "$boot" ]; then
    echo "podlab: the machine went down while the engine ran; the engine's data is begun anew" >&2
    find /var/lib/docker -mindepth 1 -delete
  fi
}

# Where there is no room for it, the engine has other troubles.
note_boot() {
  if cat /proc/sys/kernel/random/boot_id > "$running_in_boot.new"; then mv "$running_in_boot.new" "$running_in_boot"; fi
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
  room=$(df --output=avail --block-size=1M /var/lib/docker | tail -n 1)
  if [ "$room" -lt 16 ]; then
    echo "podlab: no room for an engine: $room MB left on the machine's disk, 16 needed" >&2
    exit 1
  fi
  if stacks_on_pod_files; then
    busybox cp -a "$pod_files-store/." /var/lib/docker/ || { rm -rf /var/lib/docker/image /var/lib/docker/overlay2; exit 1; }
  fi
}

stacks_on_pod_files() {
  trial=/var/lib/docker/podlab-trial
  mkdir -p "$trial/upper" "$trial/work" "$trial/merged"
  stacks=no
  if busybox mount -t overlay -o "lowerdir=$pod_files,upperdir=$trial/upper,workdir=$trial/work" overlay "$trial/merged" 2>/dev/null; then
    umount "$trial/merged"
    stacks=yes
  fi
  rm -r "$trial"
  [ "$stacks" = yes ]
}

# GOGC, of both: a start is little but garbage, and a host has room for some of it: a tenth less processor time for 5 MiB.
# containerd is not left to dockerd to start: that looks for it at once, before it can be there, and again only after a second.
run_containerd() {
  while :; do
    GOGC=200 PATH=/usr/local/lib/podlab:$PATH without fsync -- containerd --config /usr/local/lib/podlab/containerd.toml &
    echo $! > /run/podlab/containerd.pid
    wait $! || true
    rm -f "$containerd_socket"
    start_again containerd
  done
}

# --iptables=false, --bridge=none: no rule and no bridge but the lab's own stand between a pod and its packets.
# --live-restore: pods outlive a crash of the engine.
# PATH: without iptables. Though told to leave it alone, the engine would run it eleven times for each pod, to lead queries
# for 127.0.0.11 to a name server of its own (libnetwork, resolver_unix.go). Nobody in a lab asks that server, and without
# those rules a pod's namespace has no NAT, so no connection tracking. runc is the one thing that it needs of /usr/sbin.
# crun starts a pod's containers quicker than runc does, but on cgroup v2 it wants to raise RLIMIT_MEMLOCK, for which a host
# would need CAP_SYS_RESOURCE; runc makes do without.
run_dockerd() {
  ln -sf "$(command -v runc)" "$engine_path/"
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then runtime=runc; else runtime=crun; fi
  while :; do
    # Left behind by an engine that was killed; a process of today may have the number in it.
    rm -f /run/docker.pid
    perl -e 'select(undef, undef, undef, 0.005) until -S $ARGV[0]' "$containerd_socket"
    GOGC=200 PATH=/usr/bin:/bin:$engine_path /usr/local/lib/podlab/without fsync conntrack -- "$(command -v dockerd)" \
      --containerd "$containerd_socket" \
      --iptables=false --ip6tables=false --bridge=none --userland-proxy=false --live-restore \
      --add-runtime "podlab=$(command -v "$runtime")" --default-runtime podlab --log-driver none --log-level warn || true
    start_again dockerd
  done
}

start_again() {
  echo "podlab: the engine's $1 ended; starting it again" >&2
  sleep 1
}

# The socket, too: whoever waits for it would take the one of before a restart for it.
rm -rf /run/podlab "$containerd_socket"
mkdir -p /run/podlab "$units"

if [ "${PODLAB_ROLE:-}" = host ]; then
  make_cgroups_writable
  forget_torn_data_root
  prepare_data_root
  note_boot
  mkdir -p "$engine_path"
  run_containerd &
  run_dockerd &
fi

for unit in "$units"/*.unit; do
  [ -e "$unit" ] || continue
  sh "$unit" apply < /dev/null || echo "podlab: $unit could not be applied" >&2
done
touch /run/podlab/ready

# Waiting reaps the orphans of this container, which is PID 1's duty. A node without an engine has a sleeper to wait for.
[ "${PODLAB_ROLE:-}" = host ] || sleep infinity &
trap stop_in_order TERM INT
wait
