#!/bin/sh
# boot.sh [OPTION]... -- DOCKERD [ARGUMENT]...: the first process of a machine of its own. It runs in new network, mount and
# process namespaces, gives them a disk, a /run and a network, starts the Docker engine and stays until its standard input
# ends. What it mounts and starts ends with it.
#
#   --work FOLDER     an empty folder; a tmpfs is mounted on it, which holds all that is written
#   --project FOLDER  the clone; what is written to it goes to the tmpfs
#   --keep FOLDER     another folder that must be there after --root; may be repeated
#   --root FOLDER     a root file system to run on instead of this machine's
#   --cgroup2         has cgroup version 2, whatever this machine has
#   --subordinate     has a range of subordinate user and group ids for user `nobody`
set -eu

root='' cgroup2='' subordinate='' keep=''
while [ "$1" != -- ]; do
  case $1 in
    --work) work=$2 && shift ;;
    --project) project=$2 && shift ;;
    --keep) keep="$keep $2" && shift ;;
    --root) root=$2 && shift ;;
    --cgroup2) cgroup2=yes ;;
    --subordinate) subordinate=yes ;;
    *) echo "boot.sh: what is $1?" >&2 && exit 2 ;;
  esac
  shift
done
shift

# layer LOWER TARGET: mounts LOWER at TARGET; what is written there goes to the tmpfs.
layers=0
layer() {
  layers=$((layers + 1))
  mkdir -p "$work/layers/$layers/upper" "$work/layers/$layers/work"
  mount -t overlay -o "lowerdir=$1,upperdir=$work/layers/$layers/upper,workdir=$work/layers/$layers/work" overlay "$2"
}

# What containers of this machine hold there comes and goes, and is nothing to this one.
sed -n 's,^[^ ]* \(/run/[^ ]*\|/var/lib/docker/[^ ]*\) .*,\1,p' /proc/mounts | tac | while read -r there; do
  umount -l "$there" 2> /dev/null || true
done
mount -t tmpfs tmpfs "$work"
mkdir "$work/bin" "$work/disk"
mount -t tmpfs tmpfs /run
cp "$NODE" "$work/bin/node"
# This machine's own configuration might contradict the arguments.
echo '{}' > "$work/daemon.json"

layer "$project" "$project"
# No lab has been started in this clone yet.
find "$project/.state" "$project/report" -mindepth 1 ! -name .gitkeep -delete 2> /dev/null || true
find "$project/.podlab" -mindepth 1 -maxdepth 1 ! -name node ! -name compile-cache -exec rm -rf {} +

if [ "$cgroup2" ]; then
  umount -l /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
if [ "$subordinate" ]; then
  layer /etc /etc
  echo nobody:100000:65536 | tee -a /etc/subuid >> /etc/subgid
fi
if [ "$root" ]; then
  mkdir "$work/root"
  layer "$root" "$work/root"
  for folder in /dev /proc /sys /run $keep "$project"; do
    mkdir -p "$work/root$folder"
    mount --rbind "$folder" "$work/root$folder"
  done
  mkdir -p "$work/root$work"
  mount --bind "$work" "$work/root$work"
  cd "$work/root"
  pivot_root . mnt
  umount -l /mnt
fi

ip link set lo up
# What an administrator sets up for containers: nftables in Docker 29 wants forwarding on beforehand.
sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
# Has bridged frames pass iptables, as with Kubernetes, libvirt or an older Docker on the machine.
sysctl -q -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 ||
  echo "no br_netfilter in this kernel" > "$work/remarks"

"$@" < /dev/null > "$work/dockerd.log" 2>&1 &
tries=0
until docker version > /dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 240 ] || ! kill -0 $! 2> /dev/null; then
    echo "the engine does not answer; its log ends:" >&2
    tail -n 15 "$work/dockerd.log" >&2
    exit 1
  fi
  sleep 0.25
done
echo ready
# Whoever is orphaned here needs no parent to be gone.
exec env --ignore-signal=CHLD cat > /dev/null
