/** Policies: who is let through, who is dropped, who is told. */
import { describe, expect, it, test } from "vitest";
import { expectations } from "../../../infra/expect/expectations.ts";
import { describeLoss } from "../../../infra/packet/describe.ts";
import { Network } from "../../../infra/packet/network.ts";
import { walk } from "../../../infra/packet/walk.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { Subnet } from "../../../infra/spec/address.ts";
import { chainName } from "../../../infra/spec/names.ts";
import { SpecError } from "../../../infra/spec/problem.ts";
import { readLab } from "../../../infra/spec/read.ts";

const labelled = (name: string) => ({ name, labels: { app: name } });
const HOSTS = [
  { name: "host01", podSubnet: "192.168.20.0/24", pods: ["web", "client"].map(labelled) },
  { name: "host02", podSubnet: "192.168.30.0/24", pods: ["db", "stranger"].map(labelled) },
];

const planOf = (...policies: object[]) => {
  const spec = { hosts: HOSTS, policies };
  return planLab(readLab(spec, "policies"));
};
const outcomes = (plan: ReturnType<typeof planOf>, ...ids: string[]) => {
  const all = new Map(expectations(plan).expectations.map((one) => [one.id, one.expected.outcome]));
  return ids.map((id) => all.get(id));
};
const of = (app: string) => ({ podSelector: { matchLabels: { app } } });

describe("a pod that a policy is for", () => {
  const ingress = [{ from: [of("client")], ports: [{ port: 8080 }] }];

  it("is closed but for what is allowed: by whom, by which protocol, to which port", () => {
    const plan = planOf({ name: "web", ...of("web"), ingress });
    expect(
      outcomes(
        plan,
        "tcp host01/client -> host01/web:8080",
        "udp host01/client -> host01/web:8080",
        "tcp host01/client -> host01/web:9090",
        "icmp host01/client -> host01/web",
        "tcp host02/db -> host01/web:8080",
        "tcp host02/db -> host01/client:8080",
      ),
    ).toEqual(["ok", "timeout", "timeout", "timeout", "timeout", "ok"]);
  });

  it("may still ask others, and is answered", () => {
    expect(outcomes(planOf({ name: "web", ...of("web"), ingress }), "tcp host01/web -> host02/db:8080")).toEqual([
      "ok",
    ]);
  });

  it("has what any of its policies allows", () => {
    const plan = planOf({ name: "none", podSelector: {} }, { name: "some", ...of("web"), ingress });
    expect(outcomes(plan, "tcp host01/client -> host01/web:8080", "tcp host01/web -> host01/client:8080")).toEqual([
      "ok",
      "timeout",
    ]);
  });

  it("is refused for where a policy says so, by its own host", () => {
    const plan = planOf({ name: "db", ...of("db"), action: "reject" });
    const asked = { to: "192.168.30.2", protocol: "tcp", port: 8080 } as const;
    const network = new Network(plan.netns);
    // The host of both speaks with its bridge's address, to other hosts' pods with that of its uplink.
    expect(walk(network, { from: "host02/stranger", ...asked })).toMatchObject({
      outcome: "refused",
      icmpFrom: "192.168.30.1",
    });
    expect(walk(network, { from: "host01/web", ...asked })).toMatchObject({
      outcome: "refused",
      icmpFrom: "10.240.2.2",
    });
  });

  it("is told of with the names of its policies", () => {
    const plan = planOf({ name: "none", podSelector: {} }, { name: "some", ...of("web"), ingress });
    const lost = walk(new Network(plan.netns), { from: "host02/db", to: "192.168.20.2", protocol: "tcp", port: 8080 });
    expect(describeLoss(lost)).toContain(
      "dropped by host01 filter FORWARD PODLAB-TO-web of none, some (-d 192.168.20.2 -j DROP)",
    );
  });

  it("is always reached by its own host, and reaches it; by no other host", () => {
    const plan = planOf({ name: "none", podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    expect(
      outcomes(
        plan,
        "tcp host01 -> host01/web:8080",
        "icmp host01/web -> host01",
        "tcp host02 -> host01/web:8080",
        "icmp host01/web -> host02",
      ),
    ).toEqual(["ok", "ok", "timeout", "timeout"]);
  });
});

describe("egress", () => {
  it("is closed by rules for it, or by name", () => {
    const plan = planOf(
      { name: "client", ...of("client"), policyTypes: ["Egress"], egress: [{ to: [of("web")] }] },
      { name: "db", ...of("db"), policyTypes: ["Egress"] },
    );
    expect(
      outcomes(
        plan,
        "tcp host01/client -> host01/web:8080",
        "tcp host01/client -> host02/db:8080",
        "tcp host01/web -> host01/client:8080",
        "tcp host02/db -> host02/stranger:8080",
      ),
    ).toEqual(["ok", "timeout", "ok", "timeout"]);
  });

  it("is asked for a service's endpoint, not for its address", () => {
    const spec = {
      hosts: HOSTS,
      services: [{ name: "web", ports: [{ port: 80, targetPort: 8080 }], selector: { app: "web" } }],
      policies: [
        {
          name: "client",
          ...of("client"),
          policyTypes: ["Egress"],
          egress: [{ to: [of("web")], ports: [{ port: 8080 }] }],
        },
      ],
    };
    const plan = planLab(readLab(spec, "policies"));
    expect(outcomes(plan, "tcp host01/client -> svc/web:80")).toEqual(["ok"]);
  });
});

describe("as in Kubernetes", () => {
  const PORTS = [
    { name: "app", ports: [{ containerPort: 8080, name: "http" }] },
    { name: "sidecar", ports: [{ containerPort: 9090, name: "metrics" }] },
  ];
  /** In client the name stands for another number. */
  const named = ["web", "client", "db", "stranger"].map((name) => ({
    ...labelled(name),
    containers: name === "client" ? [{ name: "app", ports: [{ containerPort: 9090, name: "http" }] }] : PORTS,
    ...(name === "db" ? { namespace: "data" } : {}),
  }));
  const planWith = (policies: object[], more: object = {}) => {
    const hosts = [
      { ...HOSTS[0], pods: named.slice(0, 2) },
      { ...HOSTS[1], pods: named.slice(2) },
    ];
    return planLab(readLab({ hosts, policies, ...more }, "policies"));
  };

  it("an empty list of egress rules closes nothing unless policyTypes says so", () => {
    const asked = "tcp host01/client -> host01/web:8080";
    expect(outcomes(planOf({ name: "client", ...of("client"), egress: [] }), asked)).toEqual(["ok"]);
    expect(outcomes(planOf({ name: "client", ...of("client"), egress: [], policyTypes: [] }), asked)).toEqual(["ok"]);
    const closed = planOf({ name: "client", ...of("client"), egress: [], policyTypes: ["Egress"] });
    expect(outcomes(closed, asked)).toEqual(["timeout"]);
    const both = planOf({ name: "client", ...of("client"), egress: [{ to: [of("db")] }] });
    expect(outcomes(both, asked, "tcp host01/web -> host01/client:8080")).toEqual(["timeout", "timeout"]);
  });

  it("egress rules count for nothing where policyTypes leaves Egress out", () => {
    const plan = planOf({ name: "client", ...of("client"), policyTypes: ["Ingress"], egress: [{ to: [of("db")] }] });
    expect(outcomes(plan, "tcp host01/client -> host01/web:8080")).toEqual(["ok"]);
  });

  it("empty lists of peers and of ports are all of them", () => {
    const plan = planOf({ name: "web", ...of("web"), ingress: [{ from: [], ports: [] }] });
    expect(outcomes(plan, "tcp host02/db -> host01/web:8080", "icmp host02/db -> host01/web")).toEqual(["ok", "ok"]);
  });

  it("a port without a number is every port of its protocol, and a range all of its ports", () => {
    const ports = (...some: object[]) => planOf({ name: "web", ...of("web"), ingress: [{ ports: some }] });
    const asked = [
      "tcp host02/db -> host01/web:8080",
      "udp host02/db -> host01/web:8080",
      "tcp host02/db -> host01/web:9090",
    ];
    expect(outcomes(ports({ protocol: "UDP" }), ...asked)).toEqual(["timeout", "ok", "timeout"]);
    expect(outcomes(ports({ port: 8080, endPort: 9090 }), ...asked)).toEqual(["ok", "timeout", "ok"]);
    expect(outcomes(ports({ port: 8081, endPort: 9089 }), ...asked)).toEqual(["timeout", "timeout", "timeout"]);
  });

  it("a named port is the number that it has in the pod that is asked", () => {
    const ingress = planWith([{ name: "all", namespace: "default", ingress: [{ ports: [{ port: "http" }] }] }]);
    const asked = [
      "tcp host02/stranger -> host01/web:8080",
      "tcp host02/stranger -> host01/web:9090",
      "tcp host02/stranger -> host01/client:9090",
    ];
    expect(outcomes(ingress, ...asked)).toEqual(["ok", "timeout", "ok"]);
    const policyTypes = ["Egress"];
    const egress = planWith([
      { name: "stranger", ...of("stranger"), policyTypes, egress: [{ ports: [{ port: "http" }] }] },
    ]);
    expect(outcomes(egress, ...asked)).toEqual(["ok", "timeout", "ok"]);
    const udp = planWith([{ name: "all", ingress: [{ ports: [{ port: "http", protocol: "UDP" }] }] }]);
    const byUdp = "udp host02/stranger -> host01/web:8080";
    expect(outcomes(udp, ...asked, byUdp)).toEqual(["timeout", "timeout", "timeout", "timeout"]);
    const range = [{ ipBlock: { cidr: "192.168.20.2/32" } }];
    const block = planWith([
      { name: "stranger", ...of("stranger"), policyTypes, egress: [{ to: range, ports: [{ port: "http" }] }] },
    ]);
    expect(outcomes(block, ...asked)).toEqual(["ok", "timeout", "timeout"]);
  });

  it("a policy and a selector of pods are of one namespace, a selector of namespaces of any", () => {
    const asked = ["tcp host02/db -> host01/web:8080", "tcp host02/stranger -> host01/web:8080"];
    const web = (peer: object) => planWith([{ name: "web", ...of("web"), ingress: [{ from: [peer] }] }]);
    expect(outcomes(planWith([{ name: "all", namespace: "data" }]), ...asked)).toEqual(["ok", "ok"]);
    expect(outcomes(web({ podSelector: {} }), ...asked)).toEqual(["timeout", "ok"]);
    expect(outcomes(web({ namespaceSelector: {} }), ...asked)).toEqual(["ok", "ok"]);
    const operators = [
      [{ operator: "Exists" }, "ok"],
      [{ operator: "DoesNotExist" }, "timeout"],
      [{ operator: "In", values: ["store"] }, "ok"],
      [{ operator: "NotIn", values: ["store"] }, "timeout"],
    ] as const;
    for (const [operator, outcome] of operators) {
      const namespaceSelector = { matchExpressions: [{ key: "tier", ...operator }] };
      const policies = [{ name: "web", ...of("web"), ingress: [{ from: [{ namespaceSelector }] }] }];
      const other = outcome === "ok" ? "timeout" : "ok";
      expect(outcomes(planWith(policies, { namespaces: { data: { tier: "store" } } }), ...asked)).toEqual([
        outcome,
        other,
      ]);
    }
  });

  it("a pod reaches itself through its own service whatever its policies, and is reached by nobody else", () => {
    const services = [{ name: "web", ports: [{ port: 80, targetPort: "http" }], selector: { app: "web" } }];
    const plan = planWith([{ name: "none", policyTypes: ["Ingress", "Egress"] }], { services });
    expect(outcomes(plan, "tcp host01/web -> svc/web:80", "tcp host01/client -> svc/web:80")).toEqual([
      "ok",
      "timeout",
    ]);
  });

  it.each(["10.10.1.0/24", "192.168.20.0/24"])(
    "a service's client in %s is known by its labels on any host",
    (podSubnet) => {
      const hosts = [{ ...HOSTS[0], podSubnet }, HOSTS[1]];
      const services = [{ name: "db", ports: [{ port: 80, targetPort: 8080 }], selector: { app: "db" } }];
      const policies = [{ name: "db", ...of("db"), ingress: [{ from: [of("client")] }] }];
      const plan = planLab(readLab({ hosts, services, policies }, "policies"));
      const asked = ["tcp host01/client -> svc/db:80", "tcp host01/web -> svc/db:80", "tcp host02/db -> svc/db:80"];
      expect(outcomes(plan, ...asked)).toEqual(["ok", "timeout", "ok"]);
    },
  );

  it("policies of one name in two namespaces are told apart", () => {
    const policies = [{ name: "none" }, { name: "none", namespace: "data" }];
    const plan = planWith(policies);
    const lost = walk(new Network(plan.netns), { from: "host01/web", to: "192.168.30.2", protocol: "icmp" });
    expect(describeLoss(lost)).toContain("PODLAB-TO-db of data/none (");
  });
});

describe("a range", () => {
  it("is allowed without what is excepted, as the fewest subnets that are just that", () => {
    const plan = planOf({
      name: "web",
      ...of("web"),
      ingress: [{ from: [{ ipBlock: { cidr: "192.168.0.0/16", except: ["192.168.30.2/32"] } }] }],
    });
    expect(outcomes(plan, "tcp host02/db -> host01/web:8080", "tcp host02/stranger -> host01/web:8080")).toEqual([
      "timeout",
      "ok",
    ]);
    expect(
      new Subnet("10.0.0.0/8").without([new Subnet("10.128.0.0/9"), new Subnet("10.0.0.0/10")]).map(String),
    ).toEqual(["10.64.0.0/10"]);
    expect(new Subnet("10.0.0.0/8").without([new Subnet("10.0.0.0/8")])).toEqual([]);
  });
});

describe("a plan", () => {
  it("has chains for each pod that is closed, on its host, and none elsewhere", () => {
    const plan = planOf({
      name: "web",
      ...of("web"),
      ingress: [
        { from: [of("client")], ports: [{ port: 8080 }, { port: 53, protocol: "UDP" }, { port: 8000, endPort: 8999 }] },
      ],
    });
    const filters = [...nodeStates(plan)].flatMap(([name, { kernel }]) => {
      return kernel.iptables.filter ? [[name, kernel.iptables.filter]] : [];
    });
    expect(filters).toEqual([
      [
        "host01",
        {
          FORWARD: ["-j PODLAB-POLICY"],
          "PODLAB-POLICY": ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-j PODLAB-FROM", "-j PODLAB-TO"],
          "PODLAB-FROM": [],
          "PODLAB-TO": ["-d 192.168.20.2/32 -j PODLAB-TO-web"],
          "PODLAB-TO-web": [
            "-s 192.168.20.2/32 -j RETURN",
            "-s 192.168.20.3/32 -p tcp -m tcp --dport 8080 -j RETURN",
            "-s 192.168.20.3/32 -p udp -m udp --dport 53 -j RETURN",
            "-s 192.168.20.3/32 -p tcp -m tcp --dport 8000:8999 -j RETURN",
            "-j DROP",
          ],
        },
      ],
    ]);
  });
});

test("a chain's name holds 28 characters: long names are cut, and still told apart", () => {
  const long = "a-pod-whose-name-is-as-long-as-may-be";
  expect(chainName("PODLAB-FROM-", "web")).toBe("PODLAB-FROM-web");
  expect(chainName("PODLAB-FROM-", long)).toMatch(/^PODLAB-FROM-a-pod-who-[0-9a-f]{6}$/);
  expect(chainName("PODLAB-FROM-", long, 3)).toHaveLength(25);
  expect(chainName("PODLAB-FROM-", `${long}-2`)).not.toBe(chainName("PODLAB-FROM-", long));
});

describe("what can't be built", () => {
  const refused = (spec: object) => {
    try {
      readLab({ hosts: HOSTS, ...spec }, "policies");
    } catch (error) {
      if (error instanceof SpecError) return error.problems.map(({ path, message }) => `${path} ${message}`);
      throw error;
    }
    return [];
  };
  const web = { name: "web", podSelector: {} };

  const ingress = (...ports: object[]) => ({ ...web, ingress: [{ ports }] });
  const from = (...peers: object[]) => ({ ...web, ingress: [{ from: peers }] });

  it.each([
    ["two of a name", [web, web], /^policies\[1\]\.name web is taken by policies\[0\]/],
    [
      "an exception from elsewhere",
      [from({ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/8"] } })],
      /^policies\[0\]\.ingress\[0\]\.from\[0\]\.ipBlock\.except\[0\] 11\.0\.0\.0\/8 is no part of 10\.0\.0\.0\/8/,
    ],
    [
      "an exception of the whole",
      [from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] } })],
      /except\[0\] 10\.0\.0\.0\/8 is no part of 10\.0\.0\.0\/8, .*; choose a smaller subnet of it/,
    ],
    ["a peer who is nobody", [from({})], /^policies\[0\]\.ingress\[0\]\.from\[0\] names nobody; give it a podSelector/],
    [
      "a peer of two sorts",
      [{ ...web, egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }] }] }],
      /^policies\[0\]\.egress\[0\]\.to\[0\] has an ipBlock and a selector; make two peers of it/,
    ],
    [
      "labels that are no selector",
      [{ ...web, podSelector: { app: "web" } }],
      /^policies\[0\]\.podSelector\.app is no part of a selector; write labels as matchLabels: \{app: web\}/,
    ],
    [
      "an operator without values",
      [{ ...web, podSelector: { matchExpressions: [{ key: "app", operator: "In" }] } }],
      /^policies\[0\]\.podSelector\.matchExpressions\[0\] does not fit its operator/,
    ],
    [
      "a type written small",
      [{ ...web, policyTypes: ["ingress"] }],
      /^policies\[0\]\.policyTypes\[0\] is no policy type; choose Ingress or Egress/,
    ],
    ["a range without a beginning", [ingress({ endPort: 90 })], /ports\[0\] has an endPort without the number/],
    ["a range from a name", [ingress({ port: "http", endPort: 90 })], /ports\[0\] has an endPort without the number/],
    ["a range upside down", [ingress({ port: 90, endPort: 80 })], /ports\[0\] has an endPort that is smaller/],
    ["a name of no port", [ingress({ port: "Http!" })], /ports\[0\]\.port is no name of a port; use at most 15/],
    ["a port that is neither", [ingress({ port: true })], /ports\[0\]\.port is neither a port nor the name of one/],
    [
      "a namespace that is not there",
      [{ ...web, namespace: "shop" }],
      /^policies\[0\]\.namespace shop has no pods and is not listed in namespaces; list it, or choose one of default/,
    ],
    ["another action", [{ ...web, action: "ignore" }], /^policies\[0\]\.action is no action; choose drop or reject/],
  ])("%s", (_, policies, message) => {
    expect(refused({ policies })).toEqual([expect.stringMatching(message)]);
  });

  it("is not what Kubernetes takes, too", () => {
    const policies = [
      { name: "web", namespace: "shop", policyTypes: ["Ingress"], ingress: [{ from: [], ports: [] }], egress: [{}] },
      ingress({ port: 80, endPort: 80 }, { protocol: "SCTP" }),
      { ...from({ ipBlock: { cidr: "::/0", except: ["fd00::/8"] } }, { ipBlock: { cidr: "0.0.0.0/0" } }), name: "v6" },
      { name: "none", policyTypes: [] },
    ];
    expect(refused({ policies, namespaces: { shop: {} } })).toEqual([]);
  });

  it("policies that IPv6 would go past, or whose pods no address tells", () => {
    expect(refused({ policies: [web], ipv6: true })).toEqual([expect.stringMatching(/^policies hold for IPv4 only/)]);
    expect(refused({ policies: [web], network: "docker0", hosts: 2 })).toEqual([
      expect.stringMatching(/^policies can't be had with network docker0/),
    ]);
  });
});
