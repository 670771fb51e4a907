#!/bin/sh
# script.sh up|check|down HOSTS PODS: the same lab with plain docker commands, as fast as a shell makes it. What podlab is
# compared with; it computes, watches and repairs nothing.
#   LAB=bench-script   in names and in the label dev.podlab.lab
#   IMAGE=podlab/node:…   podlab's nodes' image, for its packages and pod files; what starts in it is written here
#   POOL=10.248 OUTSIDE=198.51.100.224/27   the hosts' segments and the internet
# Fair to the shell: all that can go side by side does (nodes, segments, hosts, the pods of a host), one `docker exec` a
# node, no wait longer than its cause, the engine's quick flags.
set -eu

lab=${LAB:-bench-script}
pool=${POOL:-10.248}
outside=${OUTSIDE:-198.51.100.224/27}
outside_prefix=${outside%.*}
outside_first=${outside##*.}; outside_first=${outside_first%/*}
router=$outside_prefix.$((outside_first + 1))
internet=$outside_prefix.$((outside_first + 10))
hosts=$2 pods=$3
label="dev.podlab.lab=$lab"

network() {
  docker network create --label "$label" --subnet "$2" --gateway "$3" \
    --opt com.docker.network.bridge.inhibit_ipv4=true --opt com.docker.network.bridge.enable_ip_masquerade=false \
    --opt com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected "$lab.$1" > /dev/null
}

node() {
  name=$1 role=$2 net=$3 address=$4
  shift 4
  docker run --detach --name "$lab.$name" --hostname "$name" --label "$label" --env "PODLAB_ROLE=$role" \
    --network "$lab.$net" --ip "$address" --restart unless-stopped --tmpfs /run \
    --cap-add NET_ADMIN --cap-add SYS_ADMIN --cap-add SYS_PTRACE \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
    --sysctl net.ipv4.ip_forward=1 --sysctl net.ipv4.icmp_ratemask=0 --entrypoint sh "$@" "$IMAGE" -c "$NODE" > /dev/null
}

# PID 1 of a node. containerd first: dockerd, which would start it too, looks for it a second too late. crun can't be had with
# cgroup v2 in an unprivileged container.
# shellcheck disable=SC2016 # expanded in the node
NODE='
[ "$PODLAB_ROLE" = host ] || exec sleep infinity
runtime=crun
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  runtime=runc
  mount -o remount,rw /sys/fs/cgroup
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do echo "$pid" > /sys/fs/cgroup/init/cgroup.procs; done < /sys/fs/cgroup/cgroup.procs
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control; done
else
  mount -o remount,bind,rw=recursive /sys/fs/cgroup
  for controller in /sys/fs/cgroup/*; do [ -w "$controller" ] || mount -o remount,bind,rw "$controller"; done
fi
containerd --log-level warn &
until [ -S /run/c ]; do sleep 0.01; done
# Its own flags, not those of podlab in the image.
echo "{}" > /run/daemon.json
exec dockerd --config-file /run/daemon.json --containerd /run/c --iptables=false --ip6tables=false --bridge=none --userland-proxy=false \
  --add-runtime crun=/usr/bin/crun --default-runtime "$runtime" --log-driver none --log-level warn
'

# Runs in a host. One shell does it all; pods come side by side.
# shellcheck disable=SC2016 # expanded in the host
HOST='
set -eu
ip link add cbr0 type bridge && ip address add "$SUBNET.1/24" dev cbr0 && ip link set cbr0 up
ip route replace default via "$GATEWAY"
iptables -t nat -A POSTROUTING -s "$SUBNET.0/24" -d 10.0.0.0/8 -j ACCEPT
iptables -t nat -A POSTROUTING -s "$SUBNET.0/24" -d 192.168.0.0/16 -j ACCEPT
iptables -t nat -A POSTROUTING -s "$SUBNET.0/24" -j MASQUERADE
until curl -fs --unix-socket /var/run/docker.sock http://docker/_ping > /dev/null; do sleep 0.05; done
tar -C /usr/local/share/podlab/pod -c . | docker import --change "ENV PATH=/bin" - podlab/pod > /dev/null &
docker network create --subnet "$SUBNET.0/24" --gateway "$SUBNET.1" --opt com.docker.network.bridge.name=cbr0 cbr0 > /dev/null
wait
for pod in $(seq "$PODS"); do
  {
    docker run --detach --name "pod$pod.pause" --network cbr0 --ip "$SUBNET.$((pod + 1))" --restart always \
      --stop-signal KILL podlab/pod sleep infinity > /dev/null
    docker run --detach --name "pod$pod.app" --network "container:pod$pod.pause" --restart always --stop-signal KILL \
      --env PODLAB_IDENTITY=pod podlab/pod serve 8080 > /dev/null
  } &
done
wait
'

host() {
  network "host$1-net" "$pool.$1.0/24" "$pool.$1.254"
  node "host$1" host "host$1-net" "$pool.$1.2" --volume /var/lib/docker
  docker exec --env "SUBNET=192.168.$1" --env "GATEWAY=$pool.$1.1" --env "PODS=$pods" "$lab.host$1" sh -c "$HOST"
}

up() {
  network internet-net "$outside" "$outside_prefix.$((outside_first + 30))"
  node internet internet internet-net "$internet" &
  routes='ip route delete default; iptables -t nat -A POSTROUTING -s 192.168.0.0/16 -d 198.51.100.0/24 -j MASQUERADE'
  for number in $(seq "$hosts"); do
    host "$number" &
    routes="$routes; ip route add 192.168.$number.0/24 via $pool.$number.2"
  done
  node router router internet-net "$router"
  for number in $(seq "$hosts"); do
    tries=0
    until docker network connect --ip "$pool.$number.1" "$lab.host$number-net" "$lab.router" 2> /dev/null; do
      tries=$((tries + 1))
      [ "$tries" -lt 600 ] || { echo "the router could not be plugged into $lab.host$number-net" >&2; exit 1; }
      sleep 0.1
    done
  done
  docker exec "$lab.router" sh -c "$routes"
  wait
  docker exec "$lab.internet" sh -c 'ip route delete default; PODLAB_IDENTITY=internet setsid /usr/local/share/podlab/pod/bin/serve 80 > /dev/null 2>&1 &'
}

# Every pod pings every pod, host by host side by side, four pods of a host at once.
check() {
  targets=$(for number in $(seq "$hosts"); do for pod in $(seq "$pods"); do echo "192.168.$number.$((pod + 1))"; done; done | xargs)
  for number in $(seq "$hosts"); do
    docker exec --env "TARGETS=$targets" --env "PODS=$pods" "$lab.host$number" sh -c '
      for pod in $(seq "$PODS"); do
        pid=$(docker inspect --format "{{.State.Pid}}" "pod$pod.pause")
        nsenter --net="/proc/$pid/ns/net" sh -c "for target in $TARGETS; do ping -n -q -c 1 -W 3 \$target > /dev/null || echo pod$pod to \$target >&2; done" &
      done; wait' &
  done
  wait
}

down() {
  docker ps --all --quiet --filter "label=$label" | xargs -r -n 1 -P 32 docker rm --force --volumes > /dev/null
  docker network ls --quiet --filter "label=$label" | xargs -r -n 1 -P 32 docker network rm > /dev/null
}

"$1"
