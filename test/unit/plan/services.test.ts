/** Services: who answers for an address that no interface has, and whom it sees. */
import { describe, expect, it } from "vitest";
import { resultsExpected } from "../../../infra/expect/check.ts";
import { expectations } from "../../../infra/expect/expectations.ts";
import { userExpectations } from "../../../infra/expect/userExpectations.ts";
import { describeStep } from "../../../infra/packet/describe.ts";
import { Network } from "../../../infra/packet/network.ts";
import { walk, walks } from "../../../infra/packet/walk.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { SpecError } from "../../../infra/spec/problem.ts";
import { readLab } from "../../../infra/spec/read.ts";

const HOSTS = [
  {
    name: "host01",
    podSubnet: "192.168.20.0/24",
    pods: [{ name: "web", labels: { app: "web" } }, { name: "client" }],
  },
  { name: "host02", podSubnet: "192.168.30.0/24", pods: [{ name: "web", labels: { app: "web", tier: "front" } }] },
];
const HTTP = { port: 80, targetPort: 8080, nodePort: 30_080 };
const WEB = { name: "web", selector: { app: "web" }, ports: [HTTP] };

const planOf = (more: object = {}) => {
  const spec = { hosts: HOSTS, services: [WEB], ...more };
  return planLab(readLab(spec, "services"));
};
const sights = (plan: ReturnType<typeof planOf>, id: string) => {
  const found = expectations(plan).expectations.find((one) => one.id === id);
  return found && resultsExpected(found);
};

describe("the walk", () => {
  const plan = planOf();

  it("ends at each endpoint by lot, and is answered from the service's address", () => {
    expect(sights(plan, "tcp host01/client -> svc/web:80")).toEqual([
      { outcome: "ok", identity: "host01/web:app", sourceSeen: "192.168.20.3", ttl: 64 },
      { outcome: "ok", identity: "host02/web:app", sourceSeen: "192.168.20.3", ttl: 61 },
    ]);
    const ends = walks(new Network(plan.netns), { from: "host01/client", to: "10.96.0.1", protocol: "tcp", port: 80 });
    expect(ends.map(({ reply }) => reply.at(-1)?.source)).toEqual(["10.96.0.1", "10.96.0.1"]);
  });

  it("tells the rule", () => {
    const { forward } = walk(new Network(plan.netns), {
      from: "host01/client",
      to: "10.96.0.1",
      protocol: "tcp",
      port: 80,
    });
    const steps = forward.flatMap(({ did }) => did.map(describeStep));
    expect(steps).toContain(
      "destination 10.96.0.1 port 80 -> 192.168.20.2 port 8080, by host01 nat PREROUTING PODLAB-SVC-web (-d 10.96.0.1 -p tcp --dport 80 -j DNAT --to-destination 192.168.20.2:8080 or 192.168.30.2:8080)",
    );
  });

  it("a pod that is its own endpoint sees its host's bridge; whoever is no pod is hidden as well", () => {
    const seen = (id: string) => sights(plan, id)?.map(({ sourceSeen }) => sourceSeen);
    expect(seen("tcp host01/web -> svc/web:80")).toEqual(["192.168.20.1", "192.168.20.2"]);
    expect(seen("tcp host01 -> svc/web:80")).toEqual(["192.168.20.1", "10.240.1.2"]);
    expect(seen("tcp router -> host01:30080")).toEqual(["192.168.20.1", "10.240.1.2"]);
    const all = sights(planOf({ masqueradeAll: true }), "tcp host01/client -> svc/web:80");
    expect(all?.map(({ sourceSeen }) => sourceSeen)).toEqual(["192.168.20.1", "10.240.1.2"]);
  });

  it("without hairpin ports the pod never hears itself", () => {
    const netns = plan.netns.map((one) => ({
      ...one,
      interfaces: one.interfaces.map(({ hairpin: _, ...dev }) => dev),
    }));
    expect(walk(new Network(netns), { from: "host01/web", to: "10.96.0.1", protocol: "tcp", port: 80 })).toMatchObject({
      outcome: "timeout",
      dropped: { why: { kind: "same-port", bridge: "cbr0" } },
    });
  });

  it("without bridge-nf-call-iptables a neighbour answers past the translation", () => {
    const netns = plan.netns.map(({ bridgeNetfilter: _, ...one }) => one);
    const asked = { from: "host01/client", to: "10.96.0.1", protocol: "tcp", port: 80 } as const;
    expect(walk(new Network(netns), asked)).toMatchObject({
      outcome: "timeout",
      dropped: { why: { kind: "unexpected-answer", source: "192.168.20.2", expected: "10.96.0.1" } },
    });
  });

  it("no rule is for an echo: it goes to the router, which has no route", () => {
    expect(sights(plan, "icmp host01/client -> svc/web")).toEqual([{ outcome: "no-route", icmpFrom: "10.240.1.1" }]);
  });

  it("a service without endpoints is refused by the sender's host", () => {
    const ports = [{ port: 80, protocol: "UDP", nodePort: 30_000 }];
    const empty = planOf({ services: [{ name: "empty", ports, selector: { app: "nobody" } }] });
    expect(sights(empty, "udp host01/client -> svc/empty:80")).toEqual([
      { outcome: "refused", icmpFrom: "192.168.20.1" },
    ]);
    expect(sights(empty, "udp host01/client -> host02:30000")).toMatchObject([{ outcome: "refused" }]);
  });

  it.each([
    ["routed", 61],
    ["bgp", 61],
    ["cni", 61],
    ["overlay", 62],
  ] as const)("works in network %s", (network, ttl) => {
    const lab = planOf({ network });
    expect(sights(lab, "tcp host01/client -> svc/web:80")).toMatchObject([
      { identity: "host01/web:app", ttl: 64 },
      { identity: "host02/web:app", ttl },
    ]);
    expect(sights(lab, "tcp host01/web -> svc/web:80")?.every(({ outcome }) => outcome === "ok")).toBe(true);
  });

  it("has CNI's bridge plugin make its ports as the agent does those of a bridge", () => {
    const list = (more: object) =>
      JSON.stringify(planOf({ network: "cni", ...more }).nodes.find(({ name }) => name === "host01")!.cni);
    expect(list({})).toContain('"hairpinMode":true');
    expect(list({ services: [] })).not.toContain("hairpinMode");
  });
});

describe("a service with several ports", () => {
  const container = (http: number) => ({
    name: "app",
    ports: [
      { name: "http", containerPort: http },
      { name: "dns", containerPort: 53, protocol: "UDP" },
    ],
  });
  const hosts = [
    {
      ...HOSTS[0]!,
      pods: [{ name: "web", labels: { app: "web" }, containers: [container(8080)] }, { name: "client" }],
    },
    { ...HOSTS[1]!, pods: [{ name: "web", labels: { app: "web" }, containers: [container(8081)] }] },
  ];
  const ports = [
    { name: "http", port: 80, targetPort: "http", nodePort: 30_080 },
    { name: "dns", port: 53, targetPort: "dns", protocol: "UDP", nodePort: 30_053 },
    { name: "dns-tcp", port: 53, targetPort: 53, nodePort: 30_053 },
    { name: "metrics", port: 9090, targetPort: "metrics" },
  ];
  const plan = planOf({ hosts, services: [{ name: "web", selector: { app: "web" }, ports }] });
  const ends = (id: string) => sights(plan, id)?.map(({ outcome, identity }) => identity ?? outcome);
  const both = ["host01/web:app", "host02/web:app"];

  it("is asked by each of them, and leads to the number that a name has in each endpoint", () => {
    expect(ends("tcp host01/client -> svc/web:80")).toEqual(both);
    expect(plan.services[0]!.ports[0]!.endpoints.map(({ port }) => port)).toEqual([8080, 8081]);
    const udp = ends("udp host01/client -> svc/web:80");
    expect(udp).toBeUndefined();
  });

  it("has one number for TCP and UDP, and one node port", () => {
    for (const protocol of ["tcp", "udp"]) {
      expect(ends(`${protocol} host01/client -> svc/web:53`)).toEqual(both);
      expect(ends(`${protocol} router -> host02:30053`)).toEqual(both);
    }
  });

  it("refuses on a port whose name no endpoint has", () => {
    expect(ends("tcp host01/client -> svc/web:9090")).toEqual(["refused"]);
  });

  it("has chains of its own for each port, named by both", () => {
    const { nat, filter } = nodeStates(plan).get("host01")!.kernel.iptables;
    expect(nat!["PODLAB-SERVICES"]).toEqual([
      "-d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j PODLAB-SVC-web.http",
      "-d 10.96.0.1/32 -p udp -m udp --dport 53 -j PODLAB-SVC-web.dns",
      "-d 10.96.0.1/32 -p tcp -m tcp --dport 53 -j PODLAB-SVC-web.dns-tcp",
      "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j PODLAB-NODEPORTS",
    ]);
    expect(nat!["PODLAB-NODEPORTS"]).toEqual([
      "-p tcp -m tcp --dport 30080 -j PODLAB-EXT-web.http",
      "-p udp -m udp --dport 30053 -j PODLAB-EXT-web.dns",
      "-p tcp -m tcp --dport 30053 -j PODLAB-EXT-web.dns-tcp",
    ]);
    expect(nat!["PODLAB-SEP-web.http-2"]).toContain("-p tcp -m tcp -j DNAT --to-destination 192.168.30.2:8081");
    expect(filter!["PODLAB-SERVICES"]).toEqual([expect.stringContaining("--dport 9090 -j REJECT")]);
    const names = [...Object.keys(nat!), ...Object.keys(filter!)];
    expect(names.filter((name) => name.length > 28)).toEqual([]);
    const step = walk(new Network(plan.netns), { from: "host01", to: "10.96.0.1", protocol: "udp", port: 53 });
    expect(step.forward.flatMap(({ did }) => did.map(describeStep)).join()).toContain("OUTPUT PODLAB-SVC-web.dns (");
  });

  it("has its connections counted for each port of TCP", () => {
    const spread = expectations(plan).expectations.flatMap(({ kind, id }) => (kind === "spread" ? [id] : []));
    expect(spread).toEqual([
      "spread host01/web -> svc/web:80",
      "spread host01 -> svc/web:80",
      "spread host01/client -> svc/web:53",
      "spread host02 -> svc/web:53",
    ]);
  });

  it("of a namespace chooses that namespace's pods", () => {
    const elsewhere = hosts.map((host) => ({
      ...host,
      pods: host.pods.map((pod) => ({ ...pod, namespace: host.name })),
    }));
    const services = [{ name: "web", namespace: "host02", selector: { app: "web" }, ports: [HTTP] }];
    expect(planOf({ hosts: elsewhere, services }).services[0]!.ports[0]!.endpoints).toMatchObject([
      { pod: "host02/web" },
    ]);
  });
});

describe("the shares", () => {
  const shares = (plan: ReturnType<typeof planOf>) =>
    expectations(plan).expectations.flatMap(({ kind, from, to, expected }) =>
      kind === "spread" ? [[from, to, expected.spread]] : [],
    );

  it("are equal, and asked by one pod and one host", () => {
    const half = { "host01/web:app": 0.5, "host02/web:app": 0.5 };
    expect(shares(planOf())).toEqual([
      ["host01/web", "svc/web", half],
      ["host01", "svc/web", half],
    ]);
  });

  it("of an endpoint where nobody listens are refused; where answers would be missing they are not counted", () => {
    const plan = planOf();
    const without = (id: string, how: (one: (typeof plan.netns)[number]) => object) => ({
      ...plan,
      netns: plan.netns.map((one) => (one.id === id ? { ...one, ...how(one) } : one)),
    });
    const dead = without("host02/web", () => ({ listeners: [] }));
    expect(shares(dead)[0]).toEqual(["host01/web", "svc/web", { "host01/web:app": 0.5, refused: 0.5 }]);
    expect(shares(without("host02/web", () => ({ interfaces: [], routes: [] })))).toEqual([]);
  });
});

describe("a plan with services", () => {
  it("has kube-proxy's chains on every host, and only there", () => {
    const plan = planOf({ services: [WEB, { name: "db", ports: [{ port: 5432 }], endpoints: ["host01/client"] }] });
    const states = nodeStates(plan);
    const nat = (node: string) => states.get(node)!.kernel.iptables.nat ?? {};
    for (const node of ["internet", "router"]) expect(Object.keys(nat(node)).join(" ")).not.toContain("SVC");
    for (const { name: node, podSubnet } of HOSTS) {
      expect(nat(node)["PODLAB-SVC-db"]).toEqual([
        `! -s ${podSubnet} -d 10.96.0.2/32 -p tcp -m tcp --dport 5432 -j PODLAB-MARK-MASQ`,
        "-j PODLAB-SEP-db-1",
      ]);
      expect(nat(node)["PODLAB-SEP-db-1"]).toEqual([
        "-s 192.168.20.3/32 -j PODLAB-MARK-MASQ",
        "-p tcp -m tcp -j DNAT --to-destination 192.168.20.3:5432",
      ]);
      expect(nat(node)["PODLAB-SVC-web"]!.filter((rule) => rule.includes("statistic"))).toEqual([
        "-m statistic --mode random --probability 0.50000000000 -j PODLAB-SEP-web-1",
      ]);
      // A service's mark is looked at before the host's own exemptions, and node ports after all services.
      expect(nat(node).POSTROUTING).toEqual(["-j PODLAB-POSTROUTING", expect.stringContaining("-j PODLAB-MASQ")]);
      expect(nat(node)["PODLAB-SERVICES"]!.at(-1)).toContain("-j PODLAB-NODEPORTS");
    }
  });

  it("refuses who asks a service without endpoints", () => {
    const plan = planOf({ services: [{ name: "none", ports: [{ port: 80 }], endpoints: [] }] });
    const { filter } = nodeStates(plan).get("host01")!.kernel.iptables;
    expect(filter!["PODLAB-SERVICES"]).toEqual([
      "-d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable",
    ]);
  });

  it("without services has neither them nor a bridge whose frames are seen", () => {
    const plan = planOf({ services: [] });
    expect(plan.netns.some(({ bridgeNetfilter }) => bridgeNetfilter)).toBe(false);
    const { iptables, sysctls } = nodeStates(plan).get("host01")!.kernel;
    expect(Object.keys(iptables)).toEqual(["nat"]);
    expect(sysctls["net/bridge/bridge-nf-call-iptables"]).toBe("0");
  });

  it("keeps a service's address when another one takes one by name", () => {
    const services = [
      { name: "a", ports: [{ port: 80 }] },
      { name: "b", ports: [{ port: 80 }], clusterIP: "10.96.0.1" },
      { name: "c", ports: [{ port: 80 }] },
    ];
    expect(planOf({ services }).services.map(({ address }) => address)).toEqual([
      "10.96.0.2",
      "10.96.0.1",
      "10.96.0.3",
    ]);
  });
});

describe("what a user expects of a service", () => {
  const said = (entry: object) => {
    const plan = planOf();
    const { contradictions, problems } = userExpectations(plan, [
      { from: "host01/client", outcome: "ok", ...entry },
    ] as never);
    return [...problems, ...contradictions].map(({ message }) => message);
  };

  it("holds when it is so of every endpoint", () => {
    expect(said({ to: "svc/web", port: 80, sourceSeen: "192.168.20.3" })).toEqual([]);
  });

  it("contradicts the model when it is so of some only", () => {
    expect(said({ to: "svc/web", port: 80, ttl: 61 })).toEqual([
      "expects ttl 61 of tcp host01/client -> svc/web:80, but the lab as configured gives 64 some of the time",
    ]);
  });
});

describe("what can't be built", () => {
  const refused = (spec: object) => {
    try {
      readLab({ hosts: HOSTS, ...spec }, "services");
    } catch (error) {
      if (error instanceof SpecError) return error.problems.map(({ path, message }) => `${path} ${message}`);
      throw error;
    }
    return [];
  };

  it("is told all at once, with place, rule and fix", () => {
    const services = [
      { name: "web", clusterIP: "10.97.0.1", ports: [{ port: 80, nodePort: 30_000 }] },
      {
        name: "web",
        clusterIP: "10.96.0.2",
        ports: [{ port: 80, nodePort: 30_000 }],
        endpoints: ["host01/web", "host03/web", "host01/web"],
      },
      { name: "db", clusterIP: "10.96.0.2", ports: [{ port: 80 }] },
      { name: "last", clusterIP: "10.96.255.255", ports: [{ port: 80 }] },
      {
        name: "many",
        namespace: "shop",
        ports: [{ port: 80 }, { name: "a", port: 80 }, { name: "a", port: 80, protocol: "UDP", nodePort: 30_000 }],
      },
    ];
    expect(refused({ services })).toEqual([
      "services[1].name web is taken by services[0]; choose another, such as web-2",
      "services[4].ports[2].name a is taken by services[4].ports[1]; choose another, such as a-2",
      "services[4].namespace shop has no pods and is not listed in namespaces; list it, or choose one of default",
      "services[0].clusterIP 10.97.0.1 lies outside serviceCidr 10.96.0.0/16; choose 10.96.0.3",
      "services[2].clusterIP 10.96.0.2 is taken by services[1]; choose 10.96.0.4",
      "services[3].clusterIP 10.96.255.255 is the network or broadcast address of 10.96.0.0/16; choose 10.96.0.5",
      "services[4].ports[0].name is missing; a service with several ports tells them apart by name, such as http",
      "services[4].ports[1].port TCP 80 is taken by ports[0]; choose 81",
      "services[1].ports[0].nodePort TCP 30000 is taken by services[0].ports[0]; choose another, such as 30001",
      "services[1].endpoints[1] host03/web is no pod of this lab; choose one of host01/web, host01/client, host02/web",
      "services[1].endpoints[2] host01/web is named twice; every endpoint gets an equal share, so name it once",
    ]);
  });

  it.each([
    [
      "a range that pods have",
      { services: [WEB], serviceCidr: "192.168.16.0/20" },
      /^serviceCidr 192\.168\.16\.0\/20 overlaps hosts\[0\]\.podSubnet .*; choose 10\.96\.0\.0\/16$/,
    ],
    [
      "a range that is too small",
      {
        services: Array.from({ length: 15 }, (_, n) => ({ name: `s${n}`, ports: [{ port: 80 }] })),
        serviceCidr: "10.96.0.0/28",
      },
      /^services\[14\] fits no more: serviceCidr 10\.96\.0\.0\/28 has 14 addresses; choose a shorter prefix/,
    ],
    [
      "a lab of docker0",
      { services: [WEB], network: "docker0", hosts: 2 },
      /^services can't be had with network docker0/,
    ],
    [
      "a host called svc",
      { services: [{ name: "a", ports: [{ port: 1 }] }], hosts: [{ name: "svc" }] },
      /^hosts\[0\]\.name svc is what services are named by/,
    ],
    [
      "a node port out of range",
      { services: [{ ...WEB, ports: [{ port: 80, nodePort: 80 }] }] },
      /^services\[0\]\.ports\[0\]\.nodePort is no node port; use 30000 to 32767$/,
    ],
    [
      "endpoints said twice",
      { services: [{ ...WEB, endpoints: [] }] },
      /^services\[0\] has endpoints and a selector; keep one of them$/,
    ],
    ["no port at all", { services: [{ ...WEB, ports: [] }] }, /^services\[0\]\.ports is empty; a service needs a port/],
    [
      "SCTP",
      { services: [{ ...WEB, ports: [{ port: 80, protocol: "SCTP" }] }] },
      /^services\[0\]\.ports\[0\]\.protocol is no protocol of services; choose TCP or UDP$/,
    ],
  ])("%s", (_, spec, message) => {
    expect(refused(spec)).toEqual([expect.stringMatching(message)]);
  });
});
