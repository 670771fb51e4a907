/**
 * Causes that are seldom thought of, each in a lab of namespaces: the one finding names the place and what decided there.
 * The breakages of test/lab are those of a whole lab with engines; here it is the kernels' other tables that matter.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { verify } from "../../lab-scripts/lab/verify.ts";
import { demandNamespaces } from "../differential/machine.ts";
import { onThisMachine } from "./agent.ts";
import { PlannedLab } from "./planned.ts";

interface Case {
  readonly name: string;
  readonly at: string;
  readonly by: string;
  readonly heal: string;
  /** Checks that fail because of it. */
  readonly fails: readonly string[];
  /** Where the finding must be, when it isn't `at` itself. */
  readonly place?: string;
  readonly cause: RegExp;
  /** One line of it. */
  readonly evidence?: RegExp;
}

const FLUSH = (table: string, chain: string) => `iptables -t ${table} -F ${chain}`;
const HAIRPIN = (state: string) =>
  `for port in $(ls /sys/class/net/cbr0/brif); do bridge link set dev $port hairpin ${state}; done`;
/** In the namespace of a pod, said to another one's shell. */
const inPod = (pod: string) => `ip netns exec $(ip netns identify $$ | sed s/host01$/${pod}/)`;
/** A pod's datagrams come from one port, as those of a resolver or of a game may. */
const onePort = (pod: string, range = "40000 40000") =>
  `${inPod(pod)} sysctl -qw net.ipv4.ip_local_port_range="${range}"`;
const ask = (pod: string, to: string) => `${inPod(pod)} python3 ${import.meta.dirname}/ask.py ${to} 40000`;
const forget = (pod: string, port: number) => `conntrack -D -p udp --dport ${port}; ${onePort(pod, "32768 60999")}`;
const BETWEEN = ["icmp host01/web -> host02/web", "udp host01/web -> host02/web:8080"];

const ROUTED: readonly Case[] = [
  {
    name: "the reverse path filter",
    at: "router",
    by: "sysctl -qw net.ipv4.conf.all.rp_filter=1; ip route replace 192.168.20.0/24 via 10.240.2.2",
    heal: "sysctl -qw net.ipv4.conf.all.rp_filter=0; ip route replace 192.168.20.0/24 via 10.240.1.2",
    fails: BETWEEN,
    cause: /router drops it by its reverse path filter: its own way to 192\.168\.20\.2 is not by host01-net/,
  },
  {
    name: "a rule of policy routing that refuses",
    at: "host01",
    by: "ip rule add from 192.168.20.2 blackhole",
    heal: "ip rule delete from 192.168.20.2 blackhole",
    fails: BETWEEN,
    cause: /host01 refuses to route it .*: its policy routing has the rule "from 192\.168\.20\.2 blackhole"$/,
  },
  {
    name: "a rule of policy routing that leads elsewhere",
    at: "host01",
    by: "ip route add default via 10.240.1.77 table 100; ip rule add from 192.168.20.2 table 100",
    heal: "ip rule delete from 192.168.20.2 table 100; ip route flush table 100",
    fails: BETWEEN,
    cause: /sends it by "via 10\.240\.1\.77 dev eth0 table 100" instead of by "default via 10\.240\.1\.1 dev eth0"/,
  },
  {
    name: "a mark and a rule for it",
    at: "router",
    by: "iptables -t mangle -A PREROUTING -p udp -d 192.168.30.2 -j MARK --set-mark 7; ip rule add fwmark 7 blackhole",
    heal: `${FLUSH("mangle", "PREROUTING")}; ip rule delete fwmark 7 blackhole`,
    fails: BETWEEN.slice(1),
    cause: /router marks it by its PREROUTING rule ".*" and sends it elsewhere: .* "from all fwmark 0x7 blackhole"$/,
  },
  {
    name: "a TTL that ends on the way",
    at: "router",
    by: "iptables -t mangle -A PREROUTING -s 192.168.20.2 -j TTL --ttl-set 1",
    heal: FLUSH("mangle", "PREROUTING"),
    fails: BETWEEN,
    cause: /router rewrites its TTL by its PREROUTING rule ".*--ttl-set 1", and it ends here$/,
  },
  {
    name: "a smaller TTL from the beginning",
    at: "host02/web",
    by: "sysctl -qw net.ipv4.ip_default_ttl=32",
    heal: "sysctl -qw net.ipv4.ip_default_ttl=64",
    fails: BETWEEN,
    cause: /what host02\/web sends has a TTL of 32 from the beginning/,
  },
  {
    name: "a port that is redirected",
    at: "host02/web",
    by: "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 9090",
    heal: FLUSH("nat", "PREROUTING"),
    fails: ["tcp host01/web -> host02/web:8080"],
    cause: /rewrites its destination by its PREROUTING rule ".*--to-ports 9090", so host02\/web:sidecar answers$/,
  },
  {
    name: "a closed port that is opened",
    at: "host02/web",
    by: "iptables -t nat -A PREROUTING -p tcp --dport 1 -j REDIRECT --to-ports 9090",
    heal: FLUSH("nat", "PREROUTING"),
    fails: ["tcp-closed host01/web -> host02/web:1"],
    cause: /as syn-ack instead of rst: host02\/web rewrites its destination by its PREROUTING rule/,
  },
  {
    name: "a destination that is nobody's",
    at: "host02",
    by: "iptables -t nat -A PREROUTING -d 192.168.30.2 -j DNAT --to-destination 192.168.30.77",
    heal: "iptables -t nat -D PREROUTING -d 192.168.30.2 -j DNAT --to-destination 192.168.30.77",
    fails: BETWEEN,
    cause: /host02 rewrites its destination by its PREROUTING rule ".*--to-destination 192\.168\.30\.77"$/,
  },
  {
    name: "packets that are kept from connection tracking",
    at: "router",
    by: "iptables -t raw -A PREROUTING -s 10.240.0.0/16 -j CT --notrack",
    heal: FLUSH("raw", "PREROUTING"),
    fails: ["icmp host01 -> internet"],
    cause: /router rewrites nothing of it: its PREROUTING rule ".*--notrack" keeps it from connection tracking$/,
  },
  {
    name: "the question on a connection that stands",
    at: "host02",
    by: "iptables -A FORWARD -p tcp --tcp-flags PSH PSH -d 192.168.30.2 -j DROP",
    heal: FLUSH("filter", "FORWARD"),
    fails: ["tcp host01/web -> host02/web:8080"],
    cause:
      /^connected, then the question left router \(host02-net\), arrived at host02 eth0, never left it: host02 drops it/,
  },
  {
    name: "the answer on a connection that stands",
    at: "host02",
    by: "iptables -A FORWARD -p tcp --tcp-flags PSH PSH -s 192.168.30.2 -j DROP",
    heal: FLUSH("filter", "FORWARD"),
    fails: ["tcp host01/web -> host02/web:8080"],
    cause: /^connected, then the answer left host02\/web eth0, arrived at host02 cbr0, never left it: host02 drops it/,
  },
  {
    name: "the end of an answer",
    at: "host02",
    by: "iptables -A FORWARD -p tcp --tcp-flags FIN FIN -s 192.168.30.2 -j DROP",
    heal: FLUSH("filter", "FORWARD"),
    fails: ["tcp host01/web -> host02/web:8080"],
    cause: /^connected, then the end of the answer left .*, arrived at host02 cbr0, never left it: host02 drops it/,
  },
  {
    name: "the older iptables",
    at: "router",
    by: "iptables-legacy -A FORWARD -d 192.168.30.2 -j DROP",
    heal: "iptables-legacy -F FORWARD",
    fails: BETWEEN,
    cause: /router drops it by its FORWARD rule "-d 192\.168\.30\.2\/32 -j DROP"$/,
  },
  {
    name: "a bridge's rules for what it passes",
    at: "host01",
    by: "sysctl -qw net.bridge.bridge-nf-call-iptables=1; iptables -A FORWARD -i cbr0 -o cbr0 -j DROP",
    heal: `sysctl -qw net.bridge.bridge-nf-call-iptables=0; ${FLUSH("filter", "FORWARD")}`,
    fails: ["icmp host01/web -> host01/db"],
    place: "host01 cbr0",
    cause: /never arrived at host01\/db eth0: host01 drops it by its FORWARD rule "-i cbr0 -o cbr0 -j DROP"$/,
  },
  {
    name: "an interface that answers no ARP",
    at: "host01",
    by: "ip link set eth0 arp off; ip neighbour flush dev eth0",
    heal: "ip link set eth0 arp on; ip neighbour flush dev eth0",
    fails: ["icmp host01/web -> host02/web", "icmp host01 -> router"],
    place: "host01 eth0",
    cause: /host01's interface eth0 has ARP turned off$/,
  },
  {
    name: "a pod without loopback",
    at: "host01/web",
    by: "ip link set lo down",
    heal: "ip link set lo up",
    fails: ["tcp host01/web -> host01/web:8080"],
    place: "host01/web",
    cause: /host01\/web's interface lo is down$/,
  },
  {
    name: "a circle of two routes",
    at: "router",
    by: "ip route replace 192.168.30.0/24 via 10.240.1.2",
    heal: "ip route replace 192.168.30.0/24 via 10.240.2.2",
    fails: BETWEEN,
    cause:
      /: it goes round between host01 and router: router sends it by "192\.168\.30\.0\/24 via 10\.240\.1\.2 dev host01-net" instead/,
    evidence: /^host01: ip route: default via 10\.240\.1\.1 dev eth0/,
  },
  {
    name: "a small MTU, and a filter for what tells of it",
    at: "router",
    by: "ip link set host02-net mtu 1400; iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP",
    heal: `ip link set host02-net mtu 1500; ${FLUSH("filter", "OUTPUT")}`,
    fails: ["mtu host01/web -> host02/web"],
    place: "router (host02-net)",
    cause:
      /1500 bytes don't fit router host02-net.*; and its sender is not told, for router drops the ICMP error about it by its OUTPUT rule ".*--icmp-type 3\/4 -j DROP"$/,
  },
  {
    name: "a frame that goes to somebody beside the lab",
    at: "host01",
    by:
      "m=$(ip netns identify $$ | sed s/host01$/machine/); ip link add zz type veth peer name zz1 netns $m; ip link set zz master cbr0 up; " +
      "ip -n $m link set zz1 up; ip -n $m address add 192.168.20.77/24 dev zz1; ip netns exec $m ping -q -c 3 -i 0.3 -W 1 192.168.20.1; " +
      'ip neighbour replace 192.168.20.2 lladdr $(ip -n $m -br link show zz1 | grep -o "..:..:..:..:..:..") dev cbr0 nud permanent',
    heal: "ip link delete zz; ip neighbour flush dev cbr0",
    fails: BETWEEN,
    place: "host01 cbr0",
    cause: /the frame went to \S+, which is behind zz, a port of host01 cbr0: no pod's of the plan$/,
  },
];

const SERVICES: readonly Case[] = [
  {
    name: "a port that sends nothing back",
    at: "host01",
    by: HAIRPIN("off"),
    heal: HAIRPIN("on"),
    fails: ["tcp host01/web -> svc/own:80"],
    place: "host01 cbr0",
    cause: /the veth of host01\/web is a port of cbr0 that sends nothing back where it came from \(hairpin off\)$/,
  },
  {
    name: "a rule that marks what comes by a port of the node",
    at: "host01",
    by: "iptables -t nat -D PODLAB-EXT-own 1",
    heal: "iptables -t nat -I PODLAB-EXT-own 1 -j PODLAB-MARK-MASQ",
    fails: ["tcp host02/web -> host01:30080", "tcp host01/db -> host01:30080"],
    cause: /host01 lacks the rule "-j PODLAB-MARK-MASQ" of its chain PODLAB-EXT-own \(iptables, table nat\)$/,
    evidence: /^host01: iptables -t nat -S PODLAB-EXT-own: -A PODLAB-EXT-own -j PODLAB-SVC-own \[/,
  },
  {
    name: "a rule that translates",
    at: "host01",
    by: "iptables -t nat -D PODLAB-SEP-own-1 2",
    heal: "iptables -t nat -I PODLAB-SEP-own-1 2 -p tcp -m tcp -j DNAT --to-destination 192.168.20.2:8080",
    fails: ["tcp host01/db -> svc/own:80", "tcp host01 -> svc/own:80"],
    cause:
      /host01 lacks the rule "-p tcp -m tcp -j DNAT --to-destination 192\.168\.20\.2:8080" of its chain PODLAB-SEP-own-1/,
  },
  {
    name: "a rule that comes before a masquerade",
    at: "host01",
    by: "iptables -t nat -I POSTROUTING -j ACCEPT",
    heal: "iptables -t nat -D POSTROUTING 1",
    fails: ["tcp host02/web -> host01:30080", "tcp host01/web -> svc/own:80"],
    cause: /host01 does not rewrite its source: its POSTROUTING rule "-j ACCEPT" comes first$/,
  },
  {
    name: "a flow to an endpoint that is none any more",
    at: "host01",
    by: `iptables -t nat -I PODLAB-SVC-dns 2 -p udp -j DNAT --to-destination 192.168.30.2:8080; ${ask("host01.db", "10.96.0.3 53")}; iptables -t nat -D PODLAB-SVC-dns 2; ${onePort("host01.db")}`,
    heal: forget("host01.db", 53),
    fails: ["udp host01/db -> svc/dns:53"],
    cause:
      /^host01 keeps a connection tracking entry for what host01\/db sends from port 40000 to svc\/dns \(10\.96\.0\.3:53\), made while 192\.168\.30\.2:8080 was one of its endpoints$/,
    evidence:
      /^mend: docker exec diagnosis\.host01 conntrack -D -p udp -s 192\.168\.20\.3 -d 10\.96\.0\.3 --sport 40000 --dport 53$/,
  },
  {
    name: "a flow by a port of the node to an endpoint that is none any more",
    at: "host01",
    by: `iptables -t nat -I PODLAB-EXT-dns 2 -p udp -j DNAT --to-destination 192.168.20.3:8080; ${ask("host02.web", "10.240.1.2 30053")}; iptables -t nat -D PODLAB-EXT-dns 2; ${onePort("host02.web")}`,
    heal: forget("host02.web", 30_053),
    fails: ["udp host02/web -> host01:30053"],
    cause:
      /host02\/web sends from port 40000 to host01 \(10\.240\.1\.2:30053\), made while 192\.168\.20\.3:8080 was one of its/,
    evidence:
      /^mend: docker exec diagnosis\.host01 conntrack -D -p udp -s 192\.168\.30\.2 -d 10\.240\.1\.2 --sport 40000/,
  },
  {
    name: "a flow that began while a rule was missing",
    at: "host01",
    by: `iptables -t nat -D PODLAB-SEP-dns-1 2; ${ask("host01.db", "10.96.0.3 53")}; iptables -t nat -A PODLAB-SEP-dns-1 -p udp -m udp -j DNAT --to-destination 192.168.20.2:8080; ${onePort("host01.db")}`,
    heal: forget("host01.db", 53),
    fails: ["udp host01/db -> svc/dns:53"],
    cause: /to svc\/dns \(10\.96\.0\.3:53\), made while no rule translated it$/,
    evidence: /^host01: conntrack -L: udp .*src=192\.168\.20\.3 dst=10\.96\.0\.3 sport=40000/,
  },
  {
    name: "a rule that lets nothing pass any more",
    at: "host01",
    by: "iptables -F PODLAB-SERVICES",
    heal: "iptables -A PODLAB-SERVICES -d 10.96.0.2/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable",
    fails: ["tcp host01/web -> svc/nobody:80"],
    cause:
      /host01 lacks the rule "-d 10\.96\.0\.2\/32 -p tcp .*-j REJECT .*" of its chain PODLAB-SERVICES \(iptables, table filter\)$/,
  },
];

const OVERLAY: readonly Case[] = [
  {
    name: "the tunnel's packets dropped at their end",
    at: "host02",
    by: "iptables -A INPUT -p udp --dport 4789 -j DROP",
    heal: FLUSH("filter", "INPUT"),
    fails: BETWEEN,
    cause: /arrived at host02 eth0, never came out of the tunnel at host02 vxlan1: host02 drops it by its INPUT rule/,
  },
  {
    name: "an underlay that takes less than the tunnel needs",
    at: "router",
    by: "ip link set host02-net mtu 1400",
    heal: "ip link set host02-net mtu 1500",
    fails: ["mtu host01/web -> host02/web"],
    place: "router (host02-net)",
    cause: /1500 bytes don't fit router host02-net, whose MTU is 1400$/,
  },
  {
    name: "a next hop that the tunnel has no neighbour entry for",
    at: "host01",
    by: "ip neighbour delete 192.168.30.0 dev vxlan1",
    heal: "ip neighbour replace 192.168.30.0 lladdr 02:42:c0:a8:1e:00 nud permanent dev vxlan1",
    fails: BETWEEN,
    place: "host01 vxlan1",
    cause: /host01 has no neighbour entry for 192\.168\.30\.0, its next hop in the tunnel$/,
  },
];

beforeAll(demandNamespaces);

const ASKED = {
  services: [
    { name: "own", ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }], endpoints: ["host01/web"] },
    { name: "nobody", ports: [{ port: 80 }] },
    {
      name: "dns",
      ports: [{ port: 53, protocol: "UDP", targetPort: 8080, nodePort: 30_053 }],
      endpoints: ["host01/web"],
    },
  ],
};

describe.each([
  ["routed", {}, ROUTED],
  ["overlay", { network: "overlay" }, OVERLAY],
  ["services", ASKED, SERVICES],
] as const)("%s", (_lab, spec, cases) => {
  const hosts = ["192.168.20.0/24", "192.168.30.0/24"].map((podSubnet, at) => ({
    name: `host0${at + 1}`,
    podSubnet,
    pods: [{ name: "web" }, { name: "db" }],
  }));
  const plan = planLab(readLab({ hosts, ...spec }, "diagnosis"));
  const lab = new PlannedLab(plan);
  const computed = expectations(plan).expectations;
  let undo: (() => void) | undefined;

  beforeAll(() => lab.build());
  afterEach(() => {
    undo?.();
    undo = undefined;
  });
  afterAll(() => lab.remove());

  test.each(cases.map((one) => [one.name, one] as const))(
    "%s",
    async (_, { at, by, heal, fails, place, cause, evidence }) => {
      const asked = computed.filter(({ id }) => fails.includes(id));
      expect(asked.map(({ id }) => id).toSorted()).toEqual(fails.toSorted());
      undo = () => lab.shell(at, heal);
      lab.shell(at, by);
      const { checks, findings } = await verify(plan, asked, {
        readyFile: null,
        nodeExec: onThisMachine,
        netnsLocator: lab.netnsLocator,
        diagnose: true,
        patience: { answer: 1_500, mtu: 6_000 },
      });
      expect(checks.filter(({ verdict }) => verdict !== "fail")).toEqual([]);
      expect(findings.map((one) => `${one.place}: ${one.cause}`)).toHaveLength(1);
      expect(findings[0]).toMatchObject({ place: place ?? at, cause: expect.stringMatching(cause) });
      if (evidence) expect(findings[0]!.evidence).toContainEqual(expect.stringMatching(evidence));
      expect(findings[0]!.checks.toSorted()).toEqual(fails.toSorted());
    },
  );
});
