# shellcheck shell=sh
# The host's engine: stock containerd and dockerd, with /etc/containerd/config.toml and /etc/docker/daemon.json. Sourced by
# podlab-entrypoint.
#
# daemon.json: no iptables and no bridge of the engine's: no rule but the lab's stands between a pod and its packets.
# userland-proxy false: ports of the pods' bridge send back what came in by them. live-restore: pods outlive a crash of the engine.

# As in config.toml. Short: it stands in the line of every shim that `ps aux` shows.
containerd_socket=/run/c

# A nested engine makes cgroups of its own, and Docker mounts them read-only into an unprivileged container.
make_cgroups_writable() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mount -o remount,rw /sys/fs/cgroup
    # cgroup v2: controllers can be handed down only by a cgroup without processes of its own
    # (Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint").
    mkdir -p /sys/fs/cgroup/init
    while read -r pid; do echo "$pid" > /sys/fs/cgroup/init/cgroup.procs || true; done < /sys/fs/cgroup/cgroup.procs 2> /dev/null
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

# crun starts a container quicker than runc does, but on cgroup v2 it raises RLIMIT_MEMLOCK, for which a host would need
# CAP_SYS_RESOURCE.
runtime() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo runc; else echo crun; fi
}

# dockerd would start containerd by itself, look for it at once, before it can be there, and again only after a second.
run_containerd() {
  while :; do
    containerd &
    echo $! > /run/podlab/containerd.pid
    wait $! || true
    rm -f "$containerd_socket"
    start_again containerd
  done
}

run_dockerd() {
  while :; do
    until [ -S "$containerd_socket" ]; do sleep 0.01; done
    dockerd --default-runtime "$(runtime)" || true
    # Left behind by an engine that was killed; another process may have the number in it by then.
    rm -f /run/docker.pid
    start_again dockerd
  done
}

start_again() {
  echo "podlab: the engine's $1 ended; starting it again" >&2
  sleep 1
}
