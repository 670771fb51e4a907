#!/bin/sh
# PID 1 of every node. Starts the host's engine (hosts only), then applies the units kept from an earlier run:
# so `docker restart` of a node brings it back as it was, with nobody's help.
set -eu

units=/var/lib/podlab/units
engine_path=/run/podlab/engine

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
    awk '$3 == "cgroup" { print $2 }' /proc/mounts | while read -r controller; do mount -o remount,rw,bind "$controller"; done
  fi
}

# crun starts a pod's containers quicker than runc does, but on cgroup v2 it wants to raise RLIMIT_MEMLOCK, for which a host
# would need CAP_SYS_RESOURCE; runc makes do without.
runtime() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo runc; else echo crun; fi
}

# --iptables=false, --bridge=none: no rule and no bridge but the lab's own stand between a pod and its packets.
# --live-restore: pods outlive a crash of the engine.
# PATH: without iptables. Though told to leave it alone, the engine would run it eleven times for each pod, to lead queries
# for 127.0.0.11 to a name server of its own (libnetwork, resolver_unix.go). Nobody in a lab asks that server, and without
# those rules a pod's namespace has no NAT, so no connection tracking. runc is the one thing that it needs of /usr/sbin.
# GOGC: garbage may be half of what is in use, not as much again: 3 to 4 MiB a host less. It is not free: the engine starts its own
# binary three times a pod, each inherits this, and takes 105 ms of processor time instead of 87.
run_engine() {
  mkdir -p "$engine_path"
  ln -sf "$(command -v runc)" "$engine_path/"
  while :; do
    # Left behind by an engine that was killed; a process of today may have the number in it.
    rm -f /run/docker.pid /run/docker/containerd/containerd.pid
    GOGC=50 PATH=/usr/bin:/bin:$engine_path "$(command -v dockerd)" \
      --iptables=false --ip6tables=false --bridge=none --userland-proxy=false --live-restore \
      --add-runtime crun=/usr/bin/crun --default-runtime "$(runtime)" --log-driver none --log-level warn || true
    echo "podlab: the engine ended; starting it again" >&2
    sleep 1
  done
}

rm -rf /run/podlab
mkdir -p /run/podlab "$units"

if [ "${PODLAB_ROLE:-}" = host ]; then
  make_cgroups_writable
  run_engine &
fi

for unit in "$units"/*.unit; do
  [ -e "$unit" ] || continue
  sh "$unit" apply < /dev/null || echo "podlab: $unit could not be applied" >&2
done
touch /run/podlab/ready

# Waiting reaps the orphans of this container, which is PID 1's duty. A node without an engine has a sleeper to wait for.
[ "${PODLAB_ROLE:-}" = host ] || sleep infinity &
trap 'exit 0' TERM INT
wait
