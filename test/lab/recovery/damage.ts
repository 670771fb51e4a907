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
  /** A line among the preview's diagnostics, where what was wanted and found is told there. */
  readonly told?: RegExp;
  /** Containers that may be others afterwards, or started anew: exactly these, as `host01/web.app` or `host02`. */
  readonly touched?: readonly string[];
}

/** Every container in a host is started anew with it. */
const all = (host: string, ...pods: string[]) => [
  host,
  ...pods.flatMap((pod) => ["pause", "app", "sidecar"].map((one) => `${host}/${pod}.${one}`)),
];
const HOST01 = all("host01", "web", "db");
const HOST02 = all("host02", "web");
const UNITS02 = ["forwarding", "bridge-cbr0", "route-default", "masquerade", "engine", "pod-web"];
const LINKS = ["on-host01-net", "on-host02-net", "on-internet-net"];
const ROUTER_UNITS = [
  "forwarding",
  "record",
  "no-default-route",
  "route-192.168.20.0-24",
  "route-192.168.30.0-24",
  "masquerade",
];
const updates = (node: string, units: readonly string[]) => units.map((unit) => `${node}-${unit}: update`);

export const DAMAGE: readonly Damage[] = [
  // One container of a pod.
  {
    name: "app container stopped",
    by: ["host01: docker stop -t 0 web.app"],
    seen: ["host01-pod-web: update"],
    told: /wanted container web\.app running, found it exited$/m,
    touched: ["host01/web.app"],
  },
  {
    name: "app container paused",
    by: ["host01: docker pause web.sidecar"],
    seen: ["host01-pod-web: update"],
    told: /wanted container web\.sidecar running, found it paused$/m,
  },
  {
    name: "app container removed",
    by: ["host01: docker rm -f web.app"],
    seen: ["host01-pod-web: update"],
    told: /wanted container web\.app, found nothing$/m,
    touched: ["host01/web.app"],
  },
  {
    name: "app container made over by hand, off its pod's network",
    by: ["host01: docker rm -f web.app; docker run -d --name web.app --network none podlab/pod sleep 1000"],
    seen: ["host01-pod-web: update"],
    told: /wanted container web\.app as in the plan, found one made from something else$/m,
    touched: ["host01/web.app"],
  },
  {
    name: "app container renamed",
    by: ["host01: docker rename db.sidecar mine"],
    seen: ["host01-pod-db: update"],
    told: /wanted container db\.sidecar, found nothing; wanted no container mine in the pod, found it$/m,
    touched: ["host01/db.sidecar"],
  },
  {
    name: "a container more in the pod",
    by: [
      "host01: docker run -d --name db.extra --label dev.podlab.pod=db --network container:db.pause podlab/pod sleep 9999",
    ],
    seen: ["host01-pod-db: update"],
    told: /wanted no container db\.extra in the pod, found it$/m,
  },
  {
    name: "pause container killed",
    by: ["host01: docker kill db.pause"],
    seen: ["host01-pod-db: update"],
    told: /wanted container db\.pause running, found it exited$/m,
    touched: ["host01/db.pause", "host01/db.app", "host01/db.sidecar"],
  },
  {
    name: "pause container removed",
    by: ["host01: docker rm -f db.pause"],
    seen: ["host01-pod-db: update"],
    touched: ["host01/db.pause", "host01/db.app", "host01/db.sidecar"],
  },
  {
    name: "pod off its bridge's network",
    by: ["host01: docker network disconnect cbr0 web.pause"],
    seen: ["host01-pod-web: update"],
    told: /wanted web\.pause plugged in as 192\.168\.20\.2,1500,192\.168\.20\.1 .*, found ,,$/m,
    touched: all("host01", "web").slice(1),
  },
  {
    name: "pod with a wrong address",
    by: [
      "host01: pid=$(docker inspect -f '{{.State.Pid}}' web.pause); nsenter --net=/proc/$pid/ns/net sh -c " +
        "'ip address flush dev eth0; ip address add 192.168.20.77/24 dev eth0; ip route add default via 192.168.20.1'",
    ],
    seen: ["host01-pod-web: update"],
    told: /found 192\.168\.20\.77,1500,192\.168\.20\.1$/m,
    touched: all("host01", "web").slice(1),
  },
  {
    name: "pod's interface with a lower MTU",
    by: ["host01: nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' db.pause)/ns/net ip link set eth0 mtu 1280"],
    seen: ["host01-pod-db: update"],
    told: /found 192\.168\.20\.3,1280,192\.168\.20\.1$/m,
    touched: all("host01", "db").slice(1),
  },
  {
    name: "pod without its default route",
    by: ["host01: nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' db.pause)/ns/net ip route delete default"],
    seen: ["host01-pod-db: update"],
    told: /found 192\.168\.20\.3,1500,$/m,
    touched: all("host01", "db").slice(1),
  },
  {
    name: "all containers of a host's engine removed",
    by: ["host02: docker rm -f $(docker ps -aq)"],
    seen: ["host02-pod-web: update"],
    touched: HOST02.slice(1),
  },

  // The kernel of a node.
  {
    name: "route gone from the router",
    by: ["router: ip route delete 192.168.30.0/24"],
    seen: ["router-route-192.168.30.0-24: update"],
    told: /wanted 192\.168\.30\.0\/24 via 10\.239\.2\.2, found nothing/,
  },
  {
    name: "route by a wrong hop",
    by: ["router: ip route replace 192.168.30.0/24 via 10.239.1.2"],
    seen: ["router-route-192.168.30.0-24: update"],
  },
  {
    name: "host's default route gone",
    by: ["host01: ip route delete default"],
    seen: ["host01-route-default: update"],
  },
  {
    name: "router with a way out",
    by: ["router: ip route add default via 10.239.1.2"],
    seen: ["router-no-default-route: update"],
  },
  { name: "bridge down", by: ["host01: ip link set cbr0 down"], seen: ["host01-bridge-cbr0: update"] },
  {
    name: "bridge with another address",
    by: ["host02: ip address flush dev cbr0; ip address add 192.168.30.9/24 dev cbr0"],
    seen: ["host02-bridge-cbr0: update"],
  },
  {
    name: "veth out of the bridge",
    by: ["host02: ip link set $(ls /sys/class/net/cbr0/brif | head -1) nomaster"],
    seen: ["host02-bridge-cbr0: update"],
  },
  { name: "bridge deleted", by: ["host02: ip link delete cbr0"], seen: ["host02-bridge-cbr0: update"] },
  { name: "NAT chain flushed", by: ["host01: iptables -t nat -F PODLAB-MASQ"], seen: ["host01-masquerade: update"] },
  {
    name: "a masquerade too many",
    by: ["router: iptables -t nat -I POSTROUTING -j MASQUERADE"],
    seen: ["router-masquerade: update"],
  },
  { name: "forwarding off", by: ["host01: sysctl -qw net.ipv4.ip_forward=0"], seen: ["host01-forwarding: update"] },
  {
    name: "packets dropped by a rule",
    by: ["router: iptables -I FORWARD -j DROP"],
    seen: ["router-forwarding: update"],
  },
  {
    name: "the internet's server killed",
    // The brackets keep the pattern from being found in the shell that holds it.
    by: ["internet: pkill -KILL -f '/bin/[s]erve'"],
    seen: ["internet-server-80: update"],
  },
  { name: "the router's record lost", by: ["router: rm /var/lib/podlab/lab.json"], seen: ["router-record: update"] },
  {
    name: "a unit's note lost",
    by: ["host01: rm /var/lib/podlab/units/*-masquerade.unit*"],
    seen: ["host01-masquerade: update"],
  },
  {
    name: "the host's own engine hangs",
    by: ["host02: kill -STOP $(cat /run/docker.pid)"],
    seen: ["host02-engine: update", "host02-pod-web: update"],
    told: /wanted an engine that answers/,
  },
  {
    name: "the host's Docker network removed",
    by: ["host02: docker network disconnect -f cbr0 web.pause; docker network rm cbr0"],
    seen: ["host02-engine: update", "host02-pod-web: update"],
    touched: HOST02.slice(1),
  },

  // Nodes and segments.
  { name: "host stopped", by: ["docker stop -t 1 $LAB.host02"], seen: ["host02: update"], touched: HOST02 },
  { name: "host killed", by: ["docker kill $LAB.host02"], seen: ["host02: update"], touched: HOST02 },
  {
    name: "host paused",
    by: ["docker pause $LAB.host02"],
    seen: ["host02-forwarding: update"],
    told: /wanted test-recovery\.host02 running, found it paused/,
  },
  { name: "router paused", by: ["docker pause $LAB.router"], seen: ["router-forwarding: update"] },
  { name: "router stopped", by: ["docker stop -t 1 $LAB.router"], seen: ["router: update"], touched: ["router"] },
  {
    name: "host off its segment",
    by: ["docker network disconnect $LAB.host01-net $LAB.host01"],
    seen: ["host01-on-host01-net: update", "host01-route-default: update"],
    told: /wanted test-recovery\.host01 on test-recovery\.host01-net at 10\.239\.1\.2, found it not plugged in/,
  },
  {
    name: "host on its segment with another address",
    by: [
      "docker network disconnect $LAB.host01-net $LAB.host01; docker network connect --ip 10.239.1.5 $LAB.host01-net $LAB.host01",
    ],
    seen: ["host01-on-host01-net: update", "host01-route-default: update"],
  },
  {
    name: "router off a segment",
    by: ["docker network disconnect $LAB.host02-net $LAB.router"],
    seen: ["router-on-host02-net: update", "router-route-192.168.30.0-24: update"],
  },
  {
    name: "router off the internet's segment",
    by: ["docker network disconnect $LAB.internet-net $LAB.router"],
    seen: ["router-masquerade: update", "router-on-internet-net: update"],
  },
  {
    name: "host removed",
    by: ["docker rm -f -v $LAB.host02"],
    seen: ["host02: create", "host02-on-host02-net: update", ...updates("host02", UNITS02)],
    touched: HOST02,
  },
  {
    name: "host made over by hand, with another id",
    by: [
      "image=$(docker inspect -f '{{.Config.Image}}' $LAB.host02); docker rm -f -v $LAB.host02; docker run -d --name $LAB.host02 --label dev.podlab.lab=$LAB --network $LAB.host02-net --ip 10.239.2.2 $image",
    ],
    seen: ["host02: create", "host02-on-host02-net: update", ...updates("host02", UNITS02)],
    touched: HOST02,
  },
  {
    name: "host renamed",
    by: ["docker rename $LAB.host02 $LAB.other"],
    seen: ["host02: replace", "host02-on-host02-net: update", ...updates("host02", UNITS02)],
    touched: HOST02,
  },
  {
    name: "router removed",
    by: ["docker rm -f -v $LAB.router"],
    seen: ["router: create", ...updates("router", [...LINKS, ...ROUTER_UNITS])],
    touched: ["router"],
  },
  {
    name: "segment removed and made over by hand",
    by: [
      "docker network disconnect -f $LAB.host02-net $LAB.router; docker network disconnect -f $LAB.host02-net $LAB.host02; docker network rm $LAB.host02-net; docker network create --label dev.podlab.lab=$LAB --subnet 10.239.2.0/24 $LAB.host02-net",
    ],
    seen: [
      "host02-net: create",
      "host02-on-host02-net: update",
      "router-on-host02-net: update",
      "host02-route-default: update",
      "router-route-192.168.30.0-24: update",
    ],
  },
  {
    name: "segment removed",
    by: [
      "docker network disconnect -f $LAB.host01-net $LAB.router; docker network disconnect -f $LAB.host01-net $LAB.host01; docker network rm $LAB.host01-net",
    ],
    seen: [
      "host01-net: create",
      "host01-on-host01-net: update",
      "router-on-host01-net: update",
      // Docker takes the next of its networks for its way out.
      "router-no-default-route: update",
      "host01-route-default: update",
      "router-route-192.168.20.0-24: update",
    ],
  },
  {
    name: "the nodes' image deleted",
    by: ["docker rmi --force $(docker inspect -f '{{.Config.Image}}' $LAB.host01)"],
    seen: ["node-image: create"],
    unproved: true,
  },
  {
    name: "every node killed",
    by: ["docker kill $LAB.internet $LAB.router $LAB.host01 $LAB.host02"],
    seen: ["internet: update", "router: update", "host01: update", "host02: update"],
    touched: ["internet", "router", ...HOST01, ...HOST02],
  },
];
