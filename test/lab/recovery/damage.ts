/**
 * What can be done to a running lab by hand, each with what a preview must say of it and what its repair may touch.
 * Names of containers are those of the lab test-recovery (lab.ts).
 */
export interface Damage {
  readonly name: string;
  /**
   * Commands, in order: `host01: …` runs in that node, anything else on the machine, where $LAB stands for the lab's name.
   */
  readonly by: readonly string[];
  /** Resources that the preview lists, each `name: operation`; `verification: update` is among them unless told otherwise. */
  readonly seen: readonly string[];
  /** Nothing of the lab itself changed, so there is nothing to prove again. */
  readonly unproved?: true;
  /** A line among the preview's diagnostics, where what was wanted and found is told there; each of several. */
  readonly told?: RegExp | readonly RegExp[];
  /** Containers that may be others afterwards, or started anew: exactly these, as `host01/web.app` or `host02`. */
  readonly touched?: readonly string[];
  /** A node or a pod of which nothing else can be told meanwhile, or that comes back without it; empty: the whole lab. */
  readonly hides?: string;
}

/** Every container in a host is started anew with it. */
const all = (host: string, ...pods: string[]) => [
  host,
  ...pods.flatMap((pod) => ["pause", "app", "sidecar"].map((one) => `${host}/${pod}.${one}`)),
];
const HOST01 = all("host01", "web", "db");
const HOST02 = all("host02", "web");
/** A command in the network namespace of a pod. */
const inPod = (host: string, pod: string, command: string) =>
  `${host}: nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' ${pod}.pause)/ns/net ${command}`;

export const DAMAGE: readonly Damage[] = [
  // One container of a pod.
  {
    name: "app container stopped",
    by: ["host01: docker stop -t 0 web.app"],
    seen: ["host01-state: update"],
    told: /host01\/web: container web\.app: wanted running, found exited$/m,
    touched: ["host01/web.app"],
  },
  {
    name: "app container paused",
    by: ["host01: docker pause web.sidecar"],
    seen: ["host01-state: update"],
    told: /container web\.sidecar: wanted running, found paused$/m,
  },
  {
    name: "app container removed",
    by: ["host01: docker rm -f web.app"],
    seen: ["host01-state: update"],
    told: /container web\.app: wanted running, found nothing$/m,
    touched: ["host01/web.app"],
  },
  {
    name: "app container made over by hand, off its pod's network",
    by: ["host01: docker rm -f web.app; docker run -d --name web.app --network none podlab/pod sleep 1000"],
    seen: ["host01-state: update"],
    told: /container web\.app: wanted as in the plan, found one made from something else$/m,
    touched: ["host01/web.app"],
  },
  {
    name: "app container renamed",
    by: ["host01: docker rename db.sidecar mine"],
    seen: ["host01-state: update"],
    told: /container mine: wanted nothing, found running$/m,
    touched: ["host01/db.sidecar"],
  },
  {
    name: "a container more in the pod",
    by: [
      "host01: docker run -d --name db.extra --label dev.podlab.pod=db --network container:db.pause podlab/pod sleep 9999",
    ],
    seen: ["host01-state: update"],
    told: /container db\.extra: wanted nothing, found running$/m,
  },
  {
    name: "pause container killed",
    by: ["host01: docker kill db.pause"],
    hides: "host01/db",
    seen: ["host01-state: update"],
    told: /container db\.pause: wanted running, found exited$/m,
    touched: ["host01/db.pause", "host01/db.app", "host01/db.sidecar"],
  },
  {
    name: "pause container removed",
    by: ["host01: docker rm -f db.pause"],
    hides: "host01/db",
    seen: ["host01-state: update"],
    touched: ["host01/db.pause", "host01/db.app", "host01/db.sidecar"],
  },
  {
    name: "pod off its bridge's network",
    by: ["host01: docker network disconnect cbr0 web.pause"],
    hides: "host01/web",
    seen: ["host01-state: update"],
    told: /networks of web\.pause: wanted cbr0 192\.168\.20\.2, found none$/m,
    touched: all("host01", "web").slice(1),
  },
  {
    name: "pod with a wrong address",
    by: [
      "host01: pid=$(docker inspect -f '{{.State.Pid}}' web.pause); nsenter --net=/proc/$pid/ns/net sh -c " +
        "'ip address flush dev eth0; ip address add 192.168.20.77/24 dev eth0; ip route add default via 192.168.20.1'",
    ],
    seen: ["host01-state: update"],
    told: /host01\/web: address of eth0: wanted nothing, found 192\.168\.20\.77\/24/m,
  },
  {
    name: "pod's interface with a lower MTU",
    by: ["host01: nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' db.pause)/ns/net ip link set eth0 mtu 1280"],
    seen: ["host01-state: update"],
    told: /host01\/db: mtu of eth0: wanted 1500, found 1280$/m,
  },
  {
    name: "pod without its default route",
    by: ["host01: nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' db.pause)/ns/net ip route delete default"],
    seen: ["host01-state: update"],
    told: /host01\/db: route default: wanted via 192\.168\.20\.1 dev eth0, found nothing$/m,
  },
  {
    name: "all containers of a host's engine removed",
    by: ["host02: docker rm -f $(docker ps -aq)"],
    hides: "host02/web",
    seen: ["host02-state: update"],
    touched: HOST02.slice(1),
  },

  // The kernel of a node.
  {
    name: "route gone from the router",
    by: ["router: ip route delete 192.168.30.0/24"],
    seen: ["router-state: update"],
    told: /router: route 192\.168\.30\.0\/24: wanted via 10\.239\.2\.2 dev \w+, found nothing/,
  },
  {
    name: "route by a wrong hop",
    by: ["router: ip route replace 192.168.30.0/24 via 10.239.1.2"],
    seen: ["router-state: update"],
  },
  {
    name: "host's default route gone",
    by: ["host01: ip route delete default"],
    seen: ["host01-state: update"],
  },
  {
    name: "router with a way out",
    by: ["router: ip route add default via 10.239.1.2"],
    seen: ["router-state: update"],
  },
  { name: "bridge down", by: ["host01: ip link set cbr0 down"], seen: ["host01-state: update"] },
  {
    name: "bridge with another address",
    by: ["host02: ip address flush dev cbr0; ip address add 192.168.30.9/24 dev cbr0"],
    seen: ["host02-state: update"],
  },
  {
    name: "veth out of the bridge",
    by: ["host02: ip link set $(ls /sys/class/net/cbr0/brif | head -1) nomaster"],
    seen: ["host02-state: update"],
  },
  { name: "bridge deleted", by: ["host02: ip link delete cbr0"], hides: "host02", seen: ["host02-state: update"] },
  { name: "NAT chain flushed", by: ["host01: iptables -t nat -F PODLAB-MASQ"], seen: ["host01-state: update"] },
  {
    name: "a masquerade too many",
    by: ["router: iptables -t nat -I POSTROUTING -j MASQUERADE"],
    seen: ["router-state: update"],
  },
  { name: "forwarding off", by: ["host01: sysctl -qw net.ipv4.ip_forward=0"], seen: ["host01-state: update"] },
  {
    name: "packets dropped by a rule",
    by: ["router: iptables -I FORWARD -j DROP"],
    seen: ["router-state: update"],
  },
  {
    name: "the internet's server killed",
    // The brackets keep the pattern from being found in the shell that holds it.
    by: ["internet: pkill -KILL -f '/bin/[s]erve'"],
    seen: ["internet-state: update"],
  },
  {
    name: "the router's record lost",
    by: ["router: rm /var/lib/podlab/lab.json"],
    seen: [],
    told: /router: record of the lab: wanted there, found nothing/,
  },
  {
    name: "the stored state lost",
    by: ["host01: rm /var/lib/podlab/state.json"],
    hides: "host01",
    seen: ["host01-state: update"],
    told: /stored state .*: wanted there, found/,
  },
  {
    name: "the host's own engine hangs",
    by: ["host02: kill -STOP $(cat /run/docker.pid)"],
    hides: "host02",
    seen: ["host02-state: update"],
    told: /host02: Docker engine: wanted an answer/,
  },
  {
    name: "the host's Docker network removed",
    by: ["host02: docker network disconnect -f cbr0 web.pause; docker network rm cbr0"],
    hides: "host02/web",
    seen: ["host02-state: update"],
    touched: HOST02.slice(1),
  },

  // What is there and not in the plan.
  {
    name: "an INPUT rule",
    by: ["host01: iptables -I INPUT -p icmp -j DROP"],
    seen: ["host01-state: update"],
    told: /host01: iptables filter rule of INPUT: wanted nothing, found -p icmp -j DROP/,
  },
  {
    name: "a mangle rule",
    by: ["router: iptables -t mangle -A FORWARD -j MARK --set-mark 7"],
    seen: ["router-state: update"],
    told: /router: iptables mangle rule of FORWARD: wanted nothing/,
  },
  {
    name: "a rule in a pod",
    by: [inPod("host01", "web", "iptables -A INPUT -p tcp --dport 8080 -j DROP")],
    seen: ["host01-state: update"],
    told: /host01\/web: iptables filter rule of INPUT: wanted nothing/,
  },
  {
    name: "a rule of ebtables",
    by: ["host01: ebtables -A FORWARD -p ARP -j DROP"],
    seen: ["host01-state: update"],
    told: /host01: nft table bridge filter: wanted nothing, found there/,
  },
  {
    name: "a pod that answers no echoes, nor who it is",
    by: [
      inPod("host01", "db", "sysctl -qw net.ipv4.icmp_echo_ignore_all=1"),
      inPod("host01", "db", "sysctl -qw net.ipv4.conf.eth0.arp_ignore=8"),
    ],
    seen: ["host01-state: update"],
    told: [/icmp_echo_ignore_all: wanted 0, found 1/, /eth0\/arp_ignore: wanted 0, found 8/],
  },
  {
    name: "one interface does not forward",
    by: ["host01: sysctl -qw net.ipv4.conf.cbr0.forwarding=0"],
    seen: ["host01-state: update"],
    told: /host01: .*cbr0.*forwarding: wanted 1, found 0/,
  },
  {
    name: "reverse path filter",
    by: ["router: for one in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 > $one; done"],
    seen: ["router-state: update"],
    told: /router: .*rp_filter: wanted 0, found 1/,
  },
  {
    name: "the bridge's own subnet routed to the router",
    by: ["host01: ip route delete 192.168.20.0/24 dev cbr0; ip route add 192.168.20.0/24 via 10.239.1.1"],
    seen: ["host01-state: update"],
    told: /host01: route 192\.168\.20\.0\/24: wanted dev cbr0 .*, found via 10\.239\.1\.1/,
  },
  {
    name: "a second address on a pod's interface",
    by: [inPod("host01", "web", "ip address add 192.168.20.99/24 dev eth0")],
    seen: ["host01-state: update"],
    told: /host01\/web: address of eth0: wanted nothing, found 192\.168\.20\.99\/24/,
  },
  {
    name: "a route in another table, with a rule that asks for it",
    by: [
      "host01: ip route add 192.168.30.0/24 via 10.239.1.9 dev eth0 onlink table 77; ip rule add from 192.168.20.0/24 table 77",
    ],
    seen: ["host01-state: update"],
    told: /table 77/,
  },
  {
    name: "a queueing discipline that delays",
    by: ["router: tc qdisc add dev eth0 root tbf rate 64kbit burst 1600 latency 1s"],
    seen: ["router-state: update"],
    told: /router: qdisc of eth0: wanted nothing, found tbf/,
  },
  {
    name: "a foreign neighbour entry",
    by: [inPod("host01", "db", "ip neighbour replace 192.168.20.1 lladdr 02:00:00:00:00:99 nud permanent dev eth0")],
    seen: ["host01-state: update"],
    told: /host01\/db: neighbour 192\.168\.20\.1 on eth0: wanted nothing/,
  },
  {
    name: "an interface down in a pod",
    by: [inPod("host02", "web", "ip link set eth0 down")],
    seen: ["host02-state: update"],
    told: /host02\/web: interface eth0: wanted up, found down/,
  },
  {
    name: "the stored state edited, and followed",
    by: ["host01: sed -i s/192.168.20.1/192.168.20.77/g /var/lib/podlab/state.json; podlab-node apply --stored"],
    hides: "host01",
    seen: ["host01-state: update"],
    told: /stored state .*: wanted as it was told, found it edited since/,
    // Another gateway, which it follows, takes another network: all pods are plugged in anew.
    touched: HOST01.slice(1),
  },
  {
    name: "the stored state unreadable",
    by: ["router: echo broken > /var/lib/podlab/state.json"],
    hides: "router",
    seen: ["router-state: update"],
    told: /stored state .*: wanted there, found no JSON/,
  },
  {
    name: "an engine's containerd stopped, and a pod's pause container killed",
    by: [
      "host01: pid=$(docker inspect -f '{{.State.Pid}}' db.pause); kill -STOP $(cat /run/podlab/containerd.pid); kill -KILL $pid",
    ],
    hides: "host01/db",
    seen: ["host01-state: update"],
    told: /host01: process \d+ \(containerd\): wanted running, found stopped by a signal/,
    touched: ["host01/db.pause", "host01/db.app", "host01/db.sidecar"],
  },
  {
    name: "an engine stopped, and a pod's server killed",
    by: [
      "host02: pid=$(docker inspect -f '{{.State.Pid}}' web.app); kill -STOP $(cat /run/docker.pid); kill -KILL $pid",
    ],
    hides: "host02",
    seen: ["host02-state: update"],
    told: /host02: process \d+ \(dockerd\): wanted running, found stopped by a signal/,
    touched: ["host02/web.app"],
  },
  {
    name: "a pod's server and its pause container stopped by a signal",
    by: ["host01: kill -STOP $(docker inspect -f '{{.State.Pid}}' web.app web.pause)"],
    seen: ["host01-state: update"],
    told: /host01: process \d+ \(\S*serve\): wanted running, found stopped by a signal/,
  },
  {
    name: "containers' shims stopped by a signal, and a container killed",
    by: [
      "host01: pid=$(docker inspect -f '{{.State.Pid}}' db.app); pkill -STOP -f '[c]ontainerd-shim'; kill -KILL $pid",
    ],
    seen: ["host01-state: update"],
    told: /host01: process \d+ \(containerd-shim\): wanted running, found stopped by a signal/,
    touched: ["host01/db.app"],
  },
  {
    name: "an engine that hangs, a pod without a route and a router without one",
    by: [
      inPod("host02", "web", "ip route delete default"),
      "host02: kill -STOP $(cat /run/docker.pid)",
      "router: ip route delete 192.168.20.0/24",
    ],
    hides: "host02",
    seen: ["host02-state: update", "router-state: update"],
  },

  // Nodes and segments.
  {
    name: "host stopped",
    by: ["docker stop -t 1 $LAB.host02"],
    hides: "host02",
    seen: ["host02: update", "host02-state: update"],
    touched: HOST02,
  },
  {
    name: "host killed",
    by: ["docker kill $LAB.host02"],
    hides: "host02",
    seen: ["host02: update", "host02-state: update"],
    touched: HOST02,
  },
  {
    name: "host paused",
    by: ["docker pause $LAB.host02"],
    hides: "host02",
    seen: ["host02-state: update"],
    told: /wanted it running, found it paused/,
  },
  { name: "router paused", by: ["docker pause $LAB.router"], hides: "router", seen: ["router-state: update"] },
  {
    name: "router stopped",
    by: ["docker stop -t 1 $LAB.router"],
    hides: "router",
    seen: ["router: update", "router-state: update"],
    touched: ["router"],
  },
  {
    name: "host off its segment",
    by: ["docker network disconnect $LAB.host01-net $LAB.host01"],
    seen: ["host01-state: update"],
    told: /wanted test-recovery\.host01 on test-recovery\.host01-net at 10\.239\.1\.2, found it not plugged in/,
  },
  {
    name: "interface of a host removed behind Docker's back",
    by: ["host01: ip link delete eth0"],
    seen: ["host01-state: update"],
    told: /host01: interface eth0: wanted one with 10\.239\.1\.2\/24, found nothing/,
  },
  {
    name: "host on its segment with another address",
    by: [
      "docker network disconnect $LAB.host01-net $LAB.host01; docker network connect --ip 10.239.1.5 $LAB.host01-net $LAB.host01",
    ],
    seen: ["host01-state: update"],
  },
  {
    name: "router off a segment",
    by: ["docker network disconnect $LAB.host02-net $LAB.router"],
    seen: ["router-state: update"],
  },
  {
    name: "router off the internet's segment",
    by: ["docker network disconnect $LAB.internet-net $LAB.router"],
    seen: ["router-state: update"],
  },
  {
    name: "host without its agent",
    by: ["host02: rm /usr/local/bin/podlab-node"],
    hides: "host02",
    seen: ["host02: replace", "host02-state: update"],
    told: /it could not be asked: /,
    touched: HOST02,
  },
  {
    name: "host removed",
    by: ["docker rm -f -v $LAB.host02"],
    hides: "host02",
    seen: ["host02: create", "host02-state: update"],
    touched: HOST02,
  },
  {
    name: "host renamed",
    by: ["docker rename $LAB.host02 $LAB.other"],
    hides: "host02",
    seen: ["host02: replace", "host02-state: update"],
    touched: HOST02,
  },
  {
    name: "router removed",
    by: ["docker rm -f -v $LAB.router"],
    hides: "router",
    seen: ["router: create", "router-state: update"],
    touched: ["router"],
  },
  {
    name: "segment removed",
    by: [
      "docker network disconnect -f $LAB.host01-net $LAB.router; docker network disconnect -f $LAB.host01-net $LAB.host01; docker network rm $LAB.host01-net",
    ],
    seen: ["host01-net: update", "router-state: update", "host01-state: update"],
  },
  {
    name: "the nodes' image deleted",
    by: ["docker rmi --force $(docker inspect -f '{{.Config.Image}}' $LAB.host01)"],
    seen: ["node-image: update"],
    unproved: true,
  },
  {
    name: "every node killed",
    by: ["docker kill $LAB.internet $LAB.router $LAB.host01 $LAB.host02"],
    hides: "",
    seen: ["internet", "router", "host01", "host02"].flatMap((node) => [`${node}: update`, `${node}-state: update`]),
    touched: ["internet", "router", ...HOST01, ...HOST02],
  },
];
