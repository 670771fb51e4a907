/**
 * Ways to break a lab by hand, each with what must be found. Of the lab: host01 has 192.168.20.0/24 with web .2 and db .3,
 * host02 has 192.168.30.0/24 with the same; host01's segment is 10.246.1.0/24, host02's 10.246.2.0/24.
 */
import type { CheckKind, Expectation } from "../../infra/expect/check.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";

/** Host01's pods keep their addresses for whom they talk to, host02's are seen as their host by those of host01: both can be lost. */
export const SPEC = {
  internet: { subnet: "198.51.100.128/27", address: "198.51.100.140" },
  nonMasqueradeCidrs: ["10.246.0.0/16", "192.168.20.0/24"],
  hosts: [
    { name: "host01", segment: "10.246.1.0/24", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }, { name: "db" }] },
    { name: "host02", segment: "10.246.2.0/24", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }, { name: "db" }] },
  ],
};

/** Whether a check meets the breakage, said by its ends and kind. */
export type Meets = (check: Pick<Expectation, "id" | "from" | "to" | "kind" | "port">) => boolean;

export interface Breakage {
  readonly name: string;
  /** The node that is broken, and by which command in it. */
  readonly at: string;
  readonly by: string;
  readonly heal: string;
  /** Exactly these checks fail, and no others. */
  readonly fails: Meets;
  /** What their senders may see, each of its kind; the first is surely seen. */
  readonly as: Partial<Record<Outcome, Meets>>;
  /** The node that a finding must name, when it isn't `at`. */
  readonly node?: string;
  readonly place: string;
  readonly cause: RegExp;
  readonly kinds?: readonly CheckKind[];
}

const any: Meets = () => true;

const matches = (pattern: string, name: string) =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** A name, or `host01/*` for its pods, or `host01*` for both. */
export const from =
  (...patterns: string[]): Meets =>
  (check) =>
    patterns.some((pattern) => matches(pattern, check.from));
export const to =
  (...patterns: string[]): Meets =>
  (check) =>
    patterns.some((pattern) => matches(pattern, check.to));
export const kind =
  (...kinds: CheckKind[]): Meets =>
  (check) =>
    kinds.includes(check.kind);
export const port =
  (...ports: number[]): Meets =>
  (check) =>
    check.port !== undefined && ports.includes(check.port);
export const all =
  (...tests: Meets[]): Meets =>
  (check) =>
    tests.every((test) => test(check));
export const either =
  (...tests: Meets[]): Meets =>
  (check) =>
    tests.some((test) => test(check));
export const not =
  (test: Meets): Meets =>
  (check) =>
    !test(check);

/** In the namespace of a pod of the node. */
const inPod = (pod: string, command: string) =>
  `nsenter -t $(docker inspect -f '{{.State.Pid}}' ${pod}.pause) -n ${command}`;

/** Makes the node what it was told to be. */
export const APPLY = "podlab-node apply --stored";

/** The interface of a node that holds an address. */
const dev = (address: string) => `$(ip -o address show to ${address}/32 | awk '{ print $2; exit }')`;

/** The host's end of a pod's veth: `eth0@if6` in the pod is number 6 in the host. */
const hostEnd = (pod: string) =>
  `$(ip -o link | awk -F '[: @]+' -v number=$(${inPod(pod, "ip -o link show eth0")} | sed 's/.*@if\\([0-9]*\\).*/\\1/') '$1 == number { print $2 }')`;

const macOf = (pod: string) => `$(${inPod(pod, "ip -o link show eth0")} | sed 's/.*ether \\([0-9a-f:]*\\) .*/\\1/')`;

const toHost02Pods = all(not(from("host02*")), to("host02/*"));
/** Pods of host02 are seen as such by host01's pods and nodes; towards the internet their host speaks for them. */
const host02PodsBeyond = all(from("host02/*"), to("host01*", "router"));
const needsRouteTo02 = either(toHost02Pods, host02PodsBeyond);
/** What begins or ends at host01 or its pods, and crosses the router. */
const leaves = (host: string, other: string) =>
  either(all(from(`${host}*`), to(`${other}*`, "router", "internet")), all(from(`${other}*`), to(`${host}*`)));
const leaves01 = leaves("host01", "host02");
const leaves02 = leaves("host02", "host01");
const crossing = all(from("host01*"), to("host02*", "internet"));
const crossesRouter = either(crossing, all(from("host02*"), to("host01*", "internet")));
const ROUTE_TO_02 = "ip route replace 192.168.30.0/24 via 10.246.2.2";
const isFact = kind("fact");
/** A fact by its name, such as `addresses`. */
const fact =
  (name: string): Meets =>
  ({ id }) =>
    id.startsWith(`fact ${name} `);

/**
 * Those of which the router tells stand apart: it tells a sender of five lost packets at once, then of one a second
 * (verify/icmpRateLimit.ts).
 */
export const ROUTES: readonly Breakage[] = [
  {
    name: "the router's route to a pod subnet deleted",
    at: "router",
    by: "ip route delete 192.168.30.0/24",
    heal: ROUTE_TO_02,
    fails: needsRouteTo02,
    as: { "no-route": toHost02Pods, timeout: needsRouteTo02 },
    place: "router",
    cause:
      /left host01 eth0, arrived at router \(host01-net\), never left it: router has no route to 192\.168\.30\.0\/24$/,
  },
  {
    name: "a host without its default route",
    at: "host01",
    by: "ip route delete default",
    heal: "ip route replace default via 10.246.1.1",
    fails: all(
      leaves01,
      not(isFact),
      not(either(all(from("host01"), to("router")), all(from("host01/*"), to("router")))),
    ),
    as: { "no-route": from("host01*"), timeout: any },
    place: "host01",
    cause: /host01 has no default route$/,
  },
  {
    name: "a pod without a default route",
    at: "host01",
    by: inPod("web", "ip route delete default"),
    heal: inPod("web", "ip route replace default via 192.168.20.1"),
    fails: either(
      all(from("host01/web"), to("host02*", "internet", "router", "host01")),
      all(from("host02*"), to("host01/web")),
    ),
    as: { "no-route": from("host01/web"), timeout: to("host01/web") },
    place: "host01/web",
    cause: /host01\/web has no default route$/,
  },
  {
    name: "an unreachable route at the router",
    at: "router",
    by: "ip route replace unreachable 192.168.30.0/24",
    heal: `ip route delete unreachable 192.168.30.0/24; ${ROUTE_TO_02}`,
    fails: needsRouteTo02,
    as: { "no-route": toHost02Pods, timeout: any },
    place: "router",
    cause: /router's route is "unreachable 192\.168\.30\.0\/24"$/,
  },
  {
    name: "a host whose gateway is nobody",
    at: "host01",
    by: "ip route replace default via 10.246.1.99",
    heal: "ip route replace default via 10.246.1.1",
    fails: all(leaves01, not(all(from("host01*"), to("router")))),
    as: { timeout: any },
    place: "host01",
    cause: /host01 sends it by "default via 10\.246\.1\.99 dev eth0" instead of "default via 10\.246\.1\.1 dev eth0"$/,
  },
  {
    name: "a blackhole at the router",
    at: "router",
    by: "ip route replace blackhole 192.168.30.0/24",
    heal: `ip route delete blackhole 192.168.30.0/24; ${ROUTE_TO_02}`,
    fails: needsRouteTo02,
    as: { timeout: any },
    place: "router",
    cause: /arrived at router \(host01-net\), never left it: router's route is "blackhole 192\.168\.30\.0\/24"$/,
  },
  {
    name: "a prohibiting route at the router",
    at: "router",
    by: "ip route replace prohibit 192.168.30.0/24",
    heal: `ip route delete prohibit 192.168.30.0/24; ${ROUTE_TO_02}`,
    fails: needsRouteTo02,
    as: { prohibited: toHost02Pods, timeout: any },
    place: "router",
    cause: /router's route is "prohibit 192\.168\.30\.0\/24"$/,
  },
  {
    name: "a host's blackhole for the other host's pods",
    at: "host01",
    by: "ip route add blackhole 192.168.30.0/24",
    heal: "ip route delete blackhole 192.168.30.0/24",
    fails: either(all(from("host01*"), to("host02/*")), all(from("host02/*"), to("host01*"))),
    as: { timeout: not(from("host01")), "no-route": from("host01") },
    place: "host01",
    cause: /host01's route is "blackhole 192\.168\.30\.0\/24"$/,
  },
  {
    name: "a next hop of the router that is nobody",
    at: "router",
    by: "ip route replace 192.168.30.0/24 via 10.246.2.99",
    heal: ROUTE_TO_02,
    fails: needsRouteTo02,
    as: { timeout: any },
    place: "router",
    cause:
      /router sends it by "192\.168\.30\.0\/24 via 10\.246\.2\.99 dev eth\d" instead of "192\.168\.30\.0\/24 via 10\.246\.2\.2 dev host02-net"$/,
  },
  {
    name: "a prohibition of one pod, met by answers only",
    at: "host02",
    by: "ip route add prohibit 192.168.20.2/32",
    heal: "ip route delete prohibit 192.168.20.2/32",
    fails: either(all(from("host02*"), to("host01/web")), all(from("host01/web"), to("host02"))),
    as: { prohibited: from("host02*"), timeout: any },
    place: "host02",
    cause: /host02's route is "prohibit 192\.168\.20\.2"$/,
  },
  {
    name: "the wrong host as the router's next hop",
    at: "router",
    by: "ip route replace 192.168.30.0/24 via 10.246.1.2",
    heal: ROUTE_TO_02,
    fails: needsRouteTo02,
    as: { timeout: any },
    place: "router",
    cause:
      /router sends it by "192\.168\.30\.0\/24 via 10\.246\.1\.2 dev eth\d" instead of "192\.168\.30\.0\/24 via 10\.246\.2\.2 dev host02-net"$/,
  },
  {
    name: "a pod's own blackhole",
    at: "host01",
    by: inPod("web", "ip route add blackhole 192.168.30.2/32"),
    heal: inPod("web", "ip route delete blackhole 192.168.30.2/32"),
    fails: either(all(from("host01/web"), to("host02/web")), all(from("host02/web"), to("host01/web"))),
    as: { "no-route": from("host01/web"), timeout: to("host01/web") },
    place: "host01/web",
    cause: /host01\/web's route is "blackhole 192\.168\.30\.2"$/,
  },
];

const tells = kind("tcp", "udp");

/** A connection keeps the NAT that it began with; a datagram of a port that was used before is one of those. */
const FORGET = "conntrack -F 2> /dev/null || true";

const NAT_RULES: readonly Breakage[] = [
  {
    name: "a host's masquerading chain flushed",
    at: "host01",
    by: "iptables -t nat -F PODLAB-MASQ",
    heal: APPLY,
    fails: all(from("host01/*"), to("host02/*"), tells),
    as: { ok: any },
    place: "host01",
    cause:
      /left host01 eth0 with source 192\.168\.20\.\d instead of 10\.246\.1\.2: host01 lacks the rule "[^"]+" of its chain PODLAB-MASQ \(iptables, table nat\)$/,
  },
  {
    name: "a host's jump to its masquerading chain deleted",
    at: "host01",
    by: "iptables -t nat -D POSTROUTING -s 192.168.20.0/24 -j PODLAB-MASQ",
    heal: APPLY,
    fails: all(from("host01/*"), to("host02/*"), tells),
    as: { ok: any },
    place: "host01",
    cause:
      /host01 lacks the rule "-s 192\.168\.20\.0\/24 -j PODLAB-MASQ" of its chain POSTROUTING \(iptables, table nat\)$/,
  },
  {
    name: "an exemption removed",
    at: "host02",
    by: "iptables -t nat -D PODLAB-MASQ -d 192.168.20.0/24 -j RETURN",
    heal: APPLY,
    fails: all(from("host02/*"), to("host01/*"), tells),
    as: { ok: any },
    place: "host02",
    cause:
      /left host02 eth0 with source 10\.246\.2\.2 instead of 192\.168\.30\.\d: host02 lacks the rule "-d 192\.168\.20\.0\/24 -j RETURN" of its chain PODLAB-MASQ \(iptables, table nat\)$/,
  },
  {
    name: "the router's masquerade gone",
    at: "router",
    by: "iptables -t nat -F PODLAB-MASQ",
    heal: APPLY,
    fails: to("internet"),
    as: { timeout: any },
    place: "router",
    cause:
      /left router \(internet-net\) with source 10\.246\.\d\.2 instead of 198\.51\.100\.129: router lacks the rule "[^"]+" of its chain PODLAB-MASQ \(iptables, table nat\)$/,
  },
  {
    name: "a masquerade too many",
    at: "host02",
    by: "iptables -t nat -I POSTROUTING -s 192.168.30.2 -j MASQUERADE",
    heal: "iptables -t nat -D POSTROUTING -s 192.168.30.2 -j MASQUERADE",
    fails: all(from("host02/web"), to("host01/*"), tells),
    as: { ok: any },
    place: "host02",
    cause:
      /host02 rewrites its source to 10\.246\.2\.2 by its POSTROUTING rule "-s 192\.168\.30\.2\/32 -j MASQUERADE"$/,
  },
  {
    name: "an SNAT at the router",
    at: "router",
    by: "iptables -t nat -I POSTROUTING -d 192.168.20.0/24 -j SNAT --to-source 10.246.1.1",
    heal: "iptables -t nat -D POSTROUTING -d 192.168.20.0/24 -j SNAT --to-source 10.246.1.1",
    fails: all(from("host02*"), to("host01/*"), tells),
    as: { ok: any },
    place: "router",
    cause:
      /router rewrites its source to 10\.246\.1\.1 by its POSTROUTING rule "-d 192\.168\.20\.0\/24 -j SNAT --to-source 10\.246\.1\.1"$/,
  },
  {
    name: "a DNAT to another pod",
    at: "host02",
    by: "iptables -t nat -I PREROUTING -i eth0 -d 192.168.30.2 -j DNAT --to-destination 192.168.30.3",
    heal: "iptables -t nat -D PREROUTING -i eth0 -d 192.168.30.2 -j DNAT --to-destination 192.168.30.3",
    fails: all(from("host01*"), to("host02/web"), tells),
    as: { ok: any },
    place: "host02",
    cause:
      /host02 rewrites its destination to 192\.168\.30\.3 by its PREROUTING rule "-d 192\.168\.30\.2\/32 -i eth0 -j DNAT --to-destination 192\.168\.30\.3"$/,
  },
];

export const NAT: readonly Breakage[] = NAT_RULES.map((breakage) => ({
  ...breakage,
  by: `${breakage.by}; ${FORGET}`,
  heal: `${breakage.heal}; ${FORGET}`,
}));

export const FORWARDING: readonly Breakage[] = [
  {
    name: "a host that does not forward",
    at: "host01",
    by: "sysctl -qw net.ipv4.ip_forward=0",
    heal: "sysctl -qw net.ipv4.ip_forward=1",
    fails: either(all(from("host01/*"), to("host02*", "router", "internet")), all(from("host02*"), to("host01/*"))),
    as: { timeout: any },
    place: "host01",
    cause: /arrived at host01 \w+, never left it: host01 does not forward packets \(net\.ipv4\.ip_forward is 0\)$/,
  },
  {
    name: "a router that does not forward",
    at: "router",
    by: "sysctl -qw net.ipv4.ip_forward=0",
    heal: "sysctl -qw net.ipv4.ip_forward=1",
    fails: crossesRouter,
    as: { timeout: any },
    place: "router",
    cause: /router does not forward packets \(net\.ipv4\.ip_forward is 0\)$/,
  },
  {
    name: "a router that does not forward what one interface receives",
    at: "router",
    by: `sysctl -qw net.ipv4.conf.${dev("10.246.1.1")}.forwarding=0`,
    heal: `sysctl -qw net.ipv4.conf.${dev("10.246.1.1")}.forwarding=1`,
    fails: either(crossing, all(from("host02*"), to("host01*"))),
    as: { timeout: any },
    place: "router",
    cause: /router does not forward packets \(net\.ipv4\.conf\.eth\d\.forwarding is 0\)$/,
  },
];

/** To and from a pod; what it asks itself stays within. */
const pod = (name: string) => all(either(from(name), to(name)), not(all(from(name), to(name))), not(isFact));

export const LINKS: readonly Breakage[] = [
  {
    name: "a bridge down",
    at: "host02",
    by: "ip link set cbr0 down",
    heal: "ip link set cbr0 up",
    fails: either(pod("host02/web"), pod("host02/db")),
    as: { timeout: any, "ttl-exceeded": to("host02/*") },
    place: "host02 cbr0",
    cause: /host02's interface cbr0 is down$/,
  },
  {
    name: "a pod's veth out of the bridge",
    at: "host01",
    by: `ip link set ${hostEnd("web")} nomaster`,
    heal: APPLY,
    fails: pod("host01/web"),
    as: { timeout: any, "no-route": any },
    place: "host01 cbr0",
    cause: /the veth of host01\/web is not plugged into cbr0$/,
  },
  {
    name: "the host's end of a pod's veth down",
    at: "host01",
    by: `ip link set ${hostEnd("web")} down`,
    heal: `ip link set ${hostEnd("web")} up`,
    fails: pod("host01/web"),
    as: { timeout: any, "no-route": any },
    place: "host01 cbr0",
    cause: /the veth of host01\/web is down at its host's end$/,
  },
  {
    name: "two pods that their bridge keeps apart (isolated ports)",
    at: "host01",
    by: `bridge link set dev ${hostEnd("web")} isolated on; bridge link set dev ${hostEnd("db")} isolated on`,
    heal: `bridge link set dev ${hostEnd("web")} isolated off; bridge link set dev ${hostEnd("db")} isolated off`,
    fails: all(either(all(from("host01/web"), to("host01/db")), all(from("host01/db"), to("host01/web"))), not(isFact)),
    as: { timeout: any, "no-route": any },
    place: "host01 cbr0",
    cause: /the veths of host01\/\w+ and host01\/\w+ are isolated ports of cbr0, which passes nothing between such$/,
  },
  {
    name: "a pod's interface down",
    at: "host01",
    by: inPod("web", "ip link set eth0 down"),
    heal: `${inPod("web", "ip link set eth0 up")}; ${inPod("web", "ip route replace default via 192.168.20.1")}`,
    fails: pod("host01/web"),
    as: { timeout: any, "no-route": any },
    place: "host01/web eth0",
    cause: /host01\/web's interface eth0 is down$/,
  },
  {
    name: "a host's interface down",
    at: "host02",
    by: "ip link set eth0 down",
    heal: `ip link set eth0 up; ${APPLY}`,
    fails: leaves02,
    as: { timeout: any, "no-route": any },
    place: "host02 eth0",
    cause: /host02's interface eth0 is down$/,
  },
  {
    name: "the router's interface to a host down",
    at: "router",
    by: `ip link set ${dev("10.246.2.1")} down`,
    heal: `ip link set $(ip -o link show | awk -F '[: @]+' '/state DOWN/ { print $2; exit }') up; ${APPLY}`,
    fails: leaves02,
    as: { timeout: any, "no-route": any },
    place: "router (host02-net)",
    cause: /router's interface host02-net is down$/,
  },
  {
    name: "a frame that is too large: the MTU of a link lowered",
    at: "router",
    by: `ip link set ${dev("10.246.2.1")} mtu 1300`,
    heal: `ip link set ${dev("10.246.2.1")} mtu 1500`,
    fails: kind("mtu"),
    as: { ok: any },
    place: "router (host02-net)",
    cause: /1500 bytes don't fit router host02-net, whose MTU is 1300$/,
    kinds: ["icmp", "mtu", "path"],
  },
  {
    name: "a receiver whose MTU is lower than its link's: large packets vanish",
    at: "host02",
    by: inPod("web", "ip link set eth0 mtu 1200"),
    heal: inPod("web", "ip link set eth0 mtu 1500"),
    fails: all(kind("mtu"), pod("host02/web")),
    as: { ok: any },
    place: "host02/web eth0",
    cause: /1500 bytes don't fit host02\/web eth0, whose MTU is 1200$/,
    kinds: ["icmp", "mtu", "path"],
  },
];

export const ADDRESSES: readonly Breakage[] = [
  {
    name: "a pod with the wrong address",
    at: "host01",
    by: inPod(
      "web",
      "sh -c 'ip address delete 192.168.20.2/24 dev eth0; ip address add 192.168.20.9/24 dev eth0; ip route replace default via 192.168.20.1'",
    ),
    heal: inPod(
      "web",
      "sh -c 'ip address delete 192.168.20.9/24 dev eth0; ip address add 192.168.20.2/24 dev eth0; ip route replace default via 192.168.20.1'",
    ),
    fails: either(
      all(to("host01/web"), not(isFact)),
      all(from("host01/web"), to("host01/db"), tells),
      all(fact("addresses"), to("host01/web")),
    ),
    as: { timeout: any, ok: any, "no-route": any },
    place: "host01/web eth0",
    cause: /host01\/web does not hold the address 192\.168\.20\.2 \(eth0 has 192\.168\.20\.9\)$/,
  },
  {
    name: "a host that holds a pod's address itself",
    at: "host01",
    by: "ip address add 192.168.30.3/32 dev lo",
    heal: "ip address delete 192.168.30.3/32 dev lo",
    fails: either(
      all(from("host01*"), to("host02/db"), not(kind("udp-closed"))),
      all(from("host02/db"), to("host01*")),
    ),
    as: { ok: any, timeout: any, refused: any },
    place: "host01",
    cause: /host01 takes 192\.168\.30\.3, which is host02\/db's, for an address of its own: its lo has it$/,
  },
  {
    name: "a bridge without its address",
    at: "host01",
    by: "ip address delete 192.168.20.1/24 dev cbr0",
    heal: APPLY,
    fails: either(
      all(from("host01/*"), to("host01", "host02*", "router", "internet")),
      all(from("host01", "host02*"), to("host01/*")),
    ),
    as: { "ttl-exceeded": to("host01/*"), timeout: any, "no-route": any },
    place: "host01 cbr0",
    cause: /host01 does not hold the address 192\.168\.20\.1 \(cbr0 has none\)$/,
  },
  {
    name: "a second address that a pod speaks by",
    at: "host01",
    by: inPod(
      "web",
      "sh -c 'ip address add 192.168.20.7/24 dev eth0; ip route replace default via 192.168.20.1 src 192.168.20.7; ip route replace 192.168.20.0/24 dev eth0 src 192.168.20.7'",
    ),
    heal: inPod(
      "web",
      "sh -c 'ip route replace 192.168.20.0/24 dev eth0 src 192.168.20.2; ip route replace default via 192.168.20.1; ip address delete 192.168.20.7/24 dev eth0'",
    ),
    fails: either(
      all(from("host01/web"), to("host01/db"), tells),
      all(kind("udp"), not(from("host01/web")), to("host01/web")),
      all(fact("addresses"), to("host01/web")),
    ),
    as: { ok: not(to("host01/web:*")), timeout: kind("udp") },
    place: "host01/web eth0",
    cause:
      /left host01\/web eth0 with source 192\.168\.20\.7 instead of 192\.168\.20\.2: host01\/web sends from 192\.168\.20\.7/,
  },
  {
    name: "a pod that answers ARP for another one, which is mute",
    at: "host01",
    by: `${inPod("web", "sysctl -qw net.ipv4.conf.eth0.arp_ignore=8")}; ${inPod("db", "ip address add 192.168.20.2/32 dev lo")}; ip neighbour flush dev cbr0`,
    heal: `${inPod("web", "sysctl -qw net.ipv4.conf.eth0.arp_ignore=0")}; ${inPod("db", "ip address delete 192.168.20.2/32 dev lo")}; ip neighbour flush dev cbr0`,
    fails: either(
      all(pod("host01/web"), not(all(kind("icmp", "tcp-closed", "udp-closed"), to("host01/web")))),
      all(fact("addresses"), to("host01/db")),
    ),
    as: { ok: either(to("host01/web"), isFact), timeout: either(from("host01/web"), kind("udp")) },
    place: "host01/db",
    cause: /host01\/db takes 192\.168\.20\.2, which is host01\/web's, for an address of its own: its lo has it$/,
  },
  {
    name: "a wrong neighbour entry",
    at: "host02",
    by: "ip neighbour replace 192.168.30.2 lladdr 02:42:c0:a8:1e:63 dev cbr0 nud permanent",
    heal: "ip neighbour delete 192.168.30.2 dev cbr0",
    fails: all(pod("host02/web"), not(all(from("host02/*"), to("host02/*")))),
    as: { timeout: any },
    place: "host02 cbr0",
    cause:
      /host02 has a wrong neighbour entry for 192\.168\.30\.2: the frame went to 02:42:c0:a8:1e:63, which is nobody's in the lab$/,
  },
  {
    name: "a host that answers ARP for its pods (proxy_arp_pvlan)",
    at: "host02",
    by: `${inPod("db", "sysctl -qw net.ipv4.conf.eth0.arp_ignore=8")}; sysctl -qw net.ipv4.conf.cbr0.proxy_arp_pvlan=1 net.ipv4.neigh.cbr0.proxy_delay=0 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.cbr0.send_redirects=0; ${inPod("web", "ip neighbour flush dev eth0")}; ip neighbour replace 192.168.30.3 lladdr ${macOf("db")} dev cbr0 nud permanent`,
    heal: `${inPod("db", "sysctl -qw net.ipv4.conf.eth0.arp_ignore=0")}; sysctl -qw net.ipv4.conf.cbr0.proxy_arp_pvlan=0; ip neighbour delete 192.168.30.3 dev cbr0; ${inPod("web", "ip neighbour flush dev eth0")}`,
    fails: all(
      either(all(from("host02/web"), to("host02/db")), all(from("host02/db"), to("host02/web"))),
      not(kind("udp-closed")),
    ),
    as: { ok: any, refused: any, timeout: any },
    place: "host02 cbr0",
    cause: /host02 answers ARP for 192\.168\.30\.3, which is host02\/db's$/,
  },
];

const rule = (text: string) => ({ by: `iptables -I ${text}`, heal: `iptables -D ${text}` });

export const FILTERS: readonly Breakage[] = [
  {
    name: "a drop at the router, one direction",
    at: "router",
    ...rule("FORWARD -s 10.246.2.0/24 -j DROP"),
    fails: either(
      all(from("host01*"), to("host02")),
      all(from("host02"), to("host01*", "internet")),
      all(from("host02/*"), to("internet")),
    ),
    as: { timeout: any },
    place: "router",
    cause:
      /arrived at router \(host02-net\), never left it: router drops it by its FORWARD rule "-s 10\.246\.2\.0\/24 -j DROP"$/,
  },
  {
    name: "a drop of ICMP only",
    at: "router",
    ...rule("FORWARD -p icmp -d 192.168.30.0/24 -j DROP"),
    fails: either(
      all(kind("icmp"), either(toHost02Pods, all(from("host02/*"), to("host01*")))),
      all(kind("udp-closed"), from("host02/*"), to("host01*")),
    ),
    as: { timeout: any },
    place: "router",
    cause: /router drops it by its FORWARD rule "-d 192\.168\.30\.0\/24 -p icmp -j DROP"$/,
  },
  {
    name: "a drop of one port only",
    at: "host02",
    ...rule("FORWARD -p tcp --dport 8080 -j DROP"),
    fails: all(
      kind("tcp"),
      port(8080),
      from("host02*", "host01*"),
      either(all(not(from("host02*")), to("host02/*")), all(from("host02/*"), to("host01/*"))),
    ),
    as: { timeout: any },
    place: "host02",
    cause: /host02 drops it by its FORWARD rule "-p tcp -m tcp --dport 8080 -j DROP"$/,
  },
  {
    name: "a rejection of one port (icmp-port-unreachable)",
    at: "host02",
    ...rule("FORWARD -d 192.168.30.0/24 -p tcp --dport 9090 -j REJECT"),
    fails: all(kind("tcp"), port(9090), toHost02Pods),
    as: { refused: any },
    place: "host02",
    cause: /host02 rejects it by its FORWARD rule "-d 192\.168\.30\.0\/24 -p tcp -m tcp --dport 9090 -j REJECT/,
  },
  {
    name: "a prohibition (icmp-admin-prohibited)",
    at: "router",
    ...rule("FORWARD -s 192.168.20.0/24 -d 10.246.2.0/24 -j REJECT --reject-with icmp-admin-prohibited"),
    fails: either(all(from("host01/*"), to("host02")), all(from("host02"), to("host01/*"))),
    as: { prohibited: from("host01/*"), timeout: from("host02") },
    place: "router",
    cause: /router rejects it by its FORWARD rule ".*icmp-admin-prohibited"$/,
  },
  {
    name: "a rejection that looks like a closed port (tcp-reset)",
    at: "host01",
    ...rule("FORWARD -s 192.168.20.3 -p tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    fails: all(from("host01/db"), to("internet"), kind("tcp")),
    as: { refused: any },
    place: "host01",
    cause: /host01 rejects it by its FORWARD rule ".*--reject-with tcp-reset"$/,
  },
  {
    name: "a host that takes in no ICMP",
    at: "host01",
    ...rule("INPUT -p icmp -j DROP"),
    fails: all(either(from("host01"), to("host01")), kind("icmp", "udp-closed")),
    as: { timeout: any },
    place: "host01",
    cause: /host01 drops it by its INPUT rule "-p icmp -j DROP"$/,
  },
  {
    name: "a pod that drops what its server is asked",
    at: "host01",
    by: inPod("db", "iptables -I INPUT -p tcp --dport 8080 -j DROP"),
    heal: inPod("db", "iptables -D INPUT -p tcp --dport 8080 -j DROP"),
    fails: all(to("host01/db"), kind("tcp"), port(8080)),
    as: { timeout: any },
    place: "host01/db",
    cause: /arrived at host01\/db eth0, no answer left it: host01\/db drops it by its INPUT rule/,
  },
  {
    name: "a pod that lets nothing out to the other host",
    at: "host01",
    by: inPod("db", "iptables -I OUTPUT -d 192.168.30.0/24 -j DROP"),
    heal: inPod("db", "iptables -D OUTPUT -d 192.168.30.0/24 -j DROP"),
    fails: either(all(from("host01/db"), to("host02/*")), all(from("host02/*"), to("host01/db"))),
    as: { timeout: any },
    place: "host01/db",
    cause: /host01\/db drops it by its OUTPUT rule "-d 192\.168\.30\.0\/24 -j DROP"$/,
  },
  {
    name: "a policy of DROP",
    at: "router",
    by: "iptables -P FORWARD DROP",
    heal: "iptables -P FORWARD ACCEPT",
    fails: crossesRouter,
    as: { timeout: any },
    place: "router",
    cause: /router drops it by its FORWARD policy "-P FORWARD DROP"$/,
  },
  {
    name: "a loss of every packet (statistic)",
    at: "host02",
    by: "iptables -t mangle -I PREROUTING -i eth0 -m statistic --mode random --probability 1 -j DROP",
    heal: "iptables -t mangle -F PREROUTING",
    fails: leaves02,
    as: { timeout: any },
    place: "host02",
    cause: /host02 drops it by its PREROUTING rule ".*statistic.*"$/,
  },
];

const restartPolicy = (name: string, policy: string) => `docker update --restart=${policy} ${name} > /dev/null`;

export const PODS: readonly Breakage[] = [
  {
    name: "a pod's server dead",
    at: "host01",
    by: `${restartPolicy("web.app", "no")}; docker kill web.app > /dev/null`,
    heal: `${restartPolicy("web.app", "always")}; docker start web.app > /dev/null; sleep 0.3`,
    fails: either(
      all(to("host01/web"), kind("tcp", "udp"), port(8080)),
      all(fact("shares-netns"), to("host01/web:app")),
    ),
    as: { refused: not(isFact), ok: isFact },
    place: "host01/web",
    cause: /nobody listens on TCP port 8080 in host01\/web$/,
  },
  {
    name: "a pod's server that hangs",
    at: "host01",
    by: "docker pause web.app > /dev/null",
    heal: "docker unpause web.app > /dev/null",
    fails: all(to("host01/web"), kind("tcp", "udp"), port(8080)),
    as: { timeout: any },
    place: "host01/web",
    cause: /the server on port 8080 in host01\/web takes what it is asked, but does not answer$/,
  },
  {
    name: "a pod that ignores echo requests",
    at: "host02",
    by: inPod("db", "sysctl -qw net.ipv4.icmp_echo_ignore_all=1"),
    heal: inPod("db", "sysctl -qw net.ipv4.icmp_echo_ignore_all=0"),
    fails: all(to("host02/db"), kind("icmp")),
    as: { timeout: any },
    place: "host02/db",
    cause: /arrived at host02\/db eth0, no answer left it: host02\/db answers no echo requests/,
  },
  {
    name: "the internet's server dead",
    at: "internet",
    by: "pkill -KILL -f '/bin/[s]erve'",
    heal: APPLY,
    fails: all(to("internet"), kind("tcp", "udp")),
    as: { refused: any },
    place: "internet",
    cause: /nobody listens on TCP port 80 in internet$/,
  },
  {
    name: "a pod's pause container dead",
    at: "host02",
    by: `${restartPolicy("db.pause", "no")}; docker kill db.pause > /dev/null; sleep 0.2`,
    heal: `${restartPolicy("db.pause", "always")}; ${APPLY}; sleep 0.3`,
    fails: either(
      all(either(from("host02/db"), to("host02/db")), not(isFact)),
      all(fact("addresses"), to("host02/db")),
      all(fact("shares-netns"), to("host02/db:*")),
    ),
    as: { timeout: to("host02/db"), "probe-error": from("host02/db"), ok: isFact },
    place: "host02/db",
    cause: /host02\/db has no network: pause container db\.pause is exited/,
  },
];

export const BREAKAGES = [...ROUTES, ...NAT, ...FORWARDING, ...LINKS, ...ADDRESSES, ...FILTERS, ...PODS];
