/** Each thing that an import leaves out or changes is said, and the rest is a lab. */
import { expect, test } from "vitest";
import { importLab } from "../../../lab-scripts/import/lab.ts";
import { labOf } from "../../../lab-scripts/lab/stackSpec.ts";

type Object = Record<string, unknown>;

const meta = (name: string, labels: Object = {}, namespace = "shop") => ({ name, namespace, labels });
const node = (name: string, spec: Object) => ({ apiVersion: "v1", kind: "Node", metadata: { name }, spec });
const namespace = (name: string, labels: Object = {}) => {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
};
const pod = (metadata: Object, { spec = {}, status = {} }: { spec?: Object; status?: Object } = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec: { nodeName: "w1", containers: [{ name: "app", ports: [{ containerPort: 80 }] }], ...spec },
  status: { phase: "Running", podIP: "10.244.1.5", ...status },
});
const service = (name: string, spec: Object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: meta(name),
  spec: { clusterIP: "10.96.0.7", ports: [{ port: 80 }], selector: { app: "web" }, ...spec },
});
const slice = (name: string, of: string, more: Object) => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: meta(name, { "kubernetes.io/service-name": of }),
  addressType: "IPv4",
  endpoints: [],
  ports: [{ port: 80 }],
  ...more,
});
const policy = (name: string, spec: Object) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: meta(name),
  spec: { podSelector: {}, policyTypes: ["Ingress"], ...spec },
});

const W1 = node("w1", { podCIDR: "10.244.1.0/24" });
const SHOP = namespace("shop");
const WEB = pod(meta("web", { app: "web" }));
const LONG = "a-very-long-name-of-a-deployment-that-somebody-chose-6d8f5c7b9d-4xk2v";

function imported(...items: Object[]) {
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const made = importLab([{ place: "cluster.json", text }], "imported");
  return { notes: made.notes, ...labOf({ stack: "imported", place: "imported.yaml", text: made.text }) };
}

test.each<[what: string, items: Object[], says: string]>([
  [
    "an unknown kind",
    [{ apiVersion: "apps/v1", kind: "Deployment", metadata: meta("web") }],
    "Deployment shop/web is left out: apps/v1 is no API that podlab knows",
  ],
  [
    "an API with a kind of the same name",
    [{ ...policy("p", {}), apiVersion: "crd.projectcalico.org/v1" }],
    "NetworkPolicy shop/p is left out: crd.projectcalico.org/v1 is no API that podlab knows",
  ],
  [
    "an object of another shape",
    [{ ...WEB, metadata: meta("odd"), spec: {} }],
    "pod shop/odd is left out: spec.containers: ",
  ],
  ["an object that is given twice", [WEB, WEB], "pod shop/web: is given twice; the first one counts"],
  [
    "hostNetwork",
    [pod(meta("proxy"), { spec: { hostNetwork: true } })],
    "pod shop/proxy is left out: it is on its node's own network (hostNetwork)",
  ],
  [
    "a pod that is done",
    [pod(meta("job"), { status: { phase: "Succeeded" } })],
    "pod shop/job is left out: it is Succeeded, not Running",
  ],
  [
    "a pod on no node",
    [pod(meta("new"), { spec: { nodeName: null } })],
    "pod shop/new is left out: it is on no node (spec.nodeName)",
  ],
  [
    "a node that is not given",
    [pod(meta("far"), { spec: { nodeName: "w9" }, status: { podIP: "10.244.9.4" } })],
    "node w9: has no IPv4 podCIDR; 10.244.9.0/24, which its pods' addresses lie in, is taken",
  ],
  ["a node without a pod subnet", [node("w2", {})], "node w2: has no IPv4 podCIDR; one is chosen"],
  [
    "a node of IPv6",
    [node("w2", { podCIDRs: ["10.244.2.0/24", "fd00:2::/64"] })],
    "node w2: its IPv6 pod subnet is left out, for the lab has IPv4 only",
  ],
  [
    "a pod subnet of no usable size",
    [node("w2", { podCIDR: "10.0.0.0/8" })],
    "node w2: podCIDR 10.0.0.0/8 is no pod subnet that podlab can use (/16 to /30); another is chosen",
  ],
  [
    "a pod subnet of another node",
    [node("w2", { podCIDR: "10.244.1.128/25" })],
    "node w2: podSubnet 10.244.1.128/25 overlaps hosts[0].podSubnet 10.244.1.0/24; another is chosen",
  ],
  [
    "a node's name",
    [node("ip-10-0-1-5.internal", { podCIDR: "10.244.2.0/24" })],
    "node ip-10-0-1-5.internal: is called ip-10-0-1-5-internal in the lab",
  ],
  [
    "a name that the lab has",
    [node("router", { podCIDR: "10.244.2.0/24" })],
    "node router: is called router-2 in the lab",
  ],
  [
    "an address outside of the node's subnet",
    [pod(meta("stray"), { status: { podIP: "10.250.0.9" } })],
    "pod shop/stray: address 10.250.0.9 lies outside w1's podSubnet 10.244.1.0/24; another is chosen",
  ],
  [
    "a pod without an address",
    [pod(meta("bare"), { status: { podIP: null } })],
    "pod shop/bare: has no IPv4 address (status.podIP); one is chosen",
  ],
  [
    "a pod's IPv6",
    [pod(meta("dual"), { status: { podIPs: [{ ip: "10.244.1.5" }, { ip: "fd00::5" }] } })],
    "pod shop/dual: its IPv6 address is left out, for the lab has IPv4 only",
  ],
  ["a long name", [pod(meta(LONG))], `pod shop/${LONG}: is called ${LONG.slice(0, 40)} in the lab`],
  [
    "two of one name",
    [WEB, pod(meta("web", {}, "other"), { status: { podIP: "10.244.1.6" } })],
    "pod other/web: is called other-web in the lab",
  ],
  [
    "two of one name, once cut",
    [pod(meta(`${LONG}1`)), pod(meta(`${LONG}2`), { status: { podIP: "10.244.1.6" } })],
    `pod shop/${LONG}2: is called shop-${LONG.slice(0, 35)} in the lab`,
  ],
  [
    "a namespace that is not given",
    [pod(meta("web", {}, "other"))],
    "namespace other: is not among the manifests; made for pod other/web, without labels",
  ],
  ["a namespace's name", [namespace("1st")], "namespace 1st: is called x-1st in the lab"],
  [
    "an image",
    [pod(meta("i"), { spec: { containers: [{ name: "app", image: "nginx", ports: [{ containerPort: 80 }] }] } })],
    "pod shop/i: container app: podlab's server listens at 80 instead of image nginx",
  ],
  [
    "a container without ports",
    [pod(meta("two"), { spec: { containers: [{ name: "app", ports: [{ containerPort: 80 }] }, { name: "log" }] } })],
    "pod shop/two: container log is left out, for it names no ports",
  ],
  [
    "a pod without ports",
    [pod(meta("mute"), { spec: { containers: [{ name: "app" }] } })],
    "pod shop/mute: names no ports; podlab's server listens at 8080",
  ],
  [
    "a port that only a service names",
    [WEB, service("web", { ports: [{ port: 80, targetPort: 8443 }] })],
    "pod shop/web: container app also listens at 8443, where a service asks it",
  ],
  [
    "one port of two containers",
    [pod(meta("two"), { spec: { containers: ["a", "b"].map((name) => ({ name, ports: [{ containerPort: 80 }] })) } })],
    "pod shop/two: port 80 of container b is left out: container a has it",
  ],
  [
    "a port of SCTP",
    [pod(meta("s"), { spec: { containers: [{ name: "app", ports: [{ containerPort: 80, protocol: "SCTP" }] }] } })],
    "pod shop/s: port 80 is of SCTP; podlab's server answers by TCP and UDP",
  ],
  [
    "a hostPort",
    [pod(meta("h"), { spec: { containers: [{ name: "app", ports: [{ containerPort: 80, hostPort: 80 }] }] } })],
    "pod shop/h: hostPort 80 is left out; services have node ports",
  ],
  [
    "a headless service",
    [service("db", { clusterIP: "None" })],
    "service shop/db is left out: it is headless, without an address",
  ],
  [
    "an ExternalName",
    [service("db", { type: "ExternalName", clusterIP: null })],
    "service shop/db is left out: it is a name for something outside (ExternalName)",
  ],
  [
    "a service of SCTP",
    [service("db", { ports: [{ port: 80, protocol: "SCTP" }] })],
    "service shop/db is left out: it has no port of TCP or UDP",
  ],
  [
    "a service's IPv6",
    [service("db", { clusterIPs: ["10.96.0.7", "fd00:96::7"] })],
    "service shop/db: its IPv6 address is left out, for the lab has IPv4 only",
  ],
  [
    "a service of IPv6",
    [service("db", { clusterIP: "fd00:96::7" })],
    "service shop/db: has no IPv4 address (clusterIP); one is chosen",
  ],
  [
    "a load balancer",
    [service("db", { type: "LoadBalancer" })],
    "service shop/db: its load balancer is left out; its cluster address and node ports are kept",
  ],
  ["externalIPs", [service("db", { externalIPs: ["192.0.2.1"] })], "service shop/db: its externalIPs are left out"],
  [
    "sessionAffinity",
    [service("db", { sessionAffinity: "ClientIP" })],
    "service shop/db: its sessionAffinity is left out",
  ],
  [
    "a traffic policy",
    [service("db", { externalTrafficPolicy: "Local" })],
    "service shop/db: its externalTrafficPolicy is left out; the lab asks endpoints of every host",
  ],
  [
    "a node port of an own range",
    [service("db", { ports: [{ port: 80, nodePort: 8080 }] })],
    "service shop/db: nodePort is no node port; nodePort is left out",
  ],
  [
    "a service without endpoints",
    [service("db", { selector: null })],
    "service shop/db: has neither a selector nor an EndpointSlice, so it has no endpoints",
  ],
  [
    "an endpoint that is no pod",
    [service("db", { selector: null }), slice("db-1", "db", { endpoints: [{ addresses: ["172.18.0.2"] }] })],
    "service shop/db: endpoint 172.18.0.2 is left out, for it is no pod of the lab",
  ],
  [
    "an endpoint that is not ready",
    [
      WEB,
      service("db", { selector: null }),
      slice("db-1", "db", { endpoints: [{ addresses: ["10.244.1.5"], conditions: { ready: false } }] }),
    ],
    "service shop/db: endpoint 10.244.1.5 is left out, for it is not ready",
  ],
  [
    "a slice of IPv6",
    [service("db", { selector: null }), slice("db-1", "db", { addressType: "IPv6" })],
    "endpoint slice shop/db-1 is left out: its addresses are of type IPv6, and the lab has IPv4 only",
  ],
  [
    "a slice of nothing",
    [slice("db-1", "db", {})],
    "endpoint slice shop/db-1 is left out: service db is not among the manifests",
  ],
  [
    "an ipBlock of IPv6",
    [policy("p", { ingress: [{ from: [{ ipBlock: { cidr: "fd00::/8" } }, { podSelector: {} }] }] })],
    "policy shop/p: ipBlock fd00::/8 is left out, for the lab has IPv4 only",
  ],
  [
    "a policy that podlab refuses",
    [policy("p", { ingress: [{ ports: [{ port: 80, endPort: 70 }] }] })],
    "policy shop/p is left out: ports[0] has an endPort that is smaller than its port",
  ],
])("%s", (_, items, says) => {
  const { notes } = imported(W1, SHOP, ...items);
  expect(
    notes.some((line) => line.startsWith(says)),
    notes.join("\n"),
  ).toBe(true);
});

test("a rule whose peers are all left out allows nobody, not everybody", () => {
  const { lab, notes } = imported(W1, SHOP, policy("p", { ingress: [{ from: [{ ipBlock: { cidr: "fd00::/8" } }] }] }));
  expect(lab.policies[0]).toMatchObject({ policyTypes: ["Ingress"], ingress: [] });
  expect(notes).toContain("policy shop/p: a rule is left out, for it has no peer left");
});

test("egress that is closed by its rules alone stays closed when they are left out", () => {
  const egress = [{ to: [{ ipBlock: { cidr: "fd00::/8" } }] }];
  const { lab } = imported(W1, SHOP, policy("p", { policyTypes: null, egress }));
  expect(lab.policies[0]).toMatchObject({ policyTypes: ["Ingress", "Egress"], egress: [] });
});

test("a namespace that is called otherwise is still chosen by its name", () => {
  const key = "kubernetes.io/metadata.name";
  const { lab } = imported(
    W1,
    SHOP,
    namespace("1st"),
    policy("p", {
      ingress: [
        { from: [{ namespaceSelector: { matchLabels: { [key]: "1st" } } }] },
        { from: [{ namespaceSelector: { matchExpressions: [{ key, operator: "In", values: ["1st", "shop"] }] } }] },
      ],
    }),
  );
  const [byLabel, byExpression] = lab.policies[0]!.ingress!.map(({ from }) => from![0]!.namespaceSelector!);
  expect(byLabel!.matchLabels).toEqual({ [key]: "x-1st" });
  expect(byExpression!.matchExpressions![0]!.values).toEqual(["x-1st", "shop"]);
});

test("one number may be a port of TCP and of UDP, as a cluster's DNS has it", () => {
  const ports = [
    { containerPort: 53, name: "dns", protocol: "UDP" },
    { containerPort: 53, name: "dns-tcp", protocol: "TCP" },
    { containerPort: 9153, name: "metrics", protocol: "TCP" },
  ];
  const dns = { "k8s-app": "kube-dns" };
  const { plan, notes } = imported(
    W1,
    SHOP,
    pod(meta("coredns", dns), { spec: { containers: [{ name: "coredns", ports }] } }),
    service("kube-dns", {
      selector: dns,
      ports: ports.map(({ name, protocol, containerPort }) => ({
        name,
        protocol,
        port: containerPort,
        targetPort: name,
      })),
    }),
  );
  expect(notes).toEqual([]);
  expect(plan.services[0]!.ports.map(({ protocol, endpoints }) => [protocol, endpoints[0]!.port])).toEqual([
    ["udp", 53],
    ["tcp", 53],
    ["tcp", 9153],
  ]);
});

test("pods whose addresses are not private see each other's all the same", () => {
  const { lab } = imported(node("w1", { podCIDR: "100.64.1.0/24" }), SHOP);
  expect(lab.nonMasqueradeCidrs).toContain("100.64.1.0/24");
});

test.each([
  [["10.96.0.1", "10.96.200.9"], "10.96.0.0/16"],
  [["10.43.0.1", "10.43.0.10"], "10.43.0.0/16"],
  [["172.20.0.1", "172.21.9.9"], "172.20.0.0/15"],
  // Beside the pods, in the same /16.
  [["10.244.200.1", "10.244.200.9"], "10.244.200.0/28"],
])("services at %s get %s", (addresses, cidr) => {
  const { lab, notes } = imported(W1, SHOP, ...addresses.map((clusterIP, n) => service(`s${n}`, { clusterIP })));
  expect(String(lab.serviceCidr)).toBe(cidr);
  expect(lab.services.map(({ clusterIP }) => clusterIP)).toEqual(addresses);
  expect(notes).toEqual([]);
});
