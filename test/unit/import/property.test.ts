/** Whatever names, addresses and ports manifests have, and however often: what comes out is a lab. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { importLab } from "../../../lab-scripts/import/lab.ts";
import { labOf } from "../../../lab-scripts/lab/stackSpec.ts";

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const name = fc.oneof(
  pick(
    "web",
    "Web",
    "web.",
    "-web",
    "web-2",
    "pause",
    "router",
    "svc",
    "default",
    "1st",
    "a.b",
    "a-b",
    "__proto__",
    "constructor",
    "é",
    "null",
  ),
  pick("a".repeat(40), "a".repeat(41), `${"a".repeat(39)}.b`, "9".repeat(253)),
  fc.string({ minLength: 1, maxLength: 60 }),
);
const label = fc.dictionary(pick("app", "tier", "example.org/x", "bad key"), pick("web", "db", "", "no value!"), {
  maxKeys: 2,
});
const address = pick(
  "10.244.1.5",
  "10.244.1.6",
  "10.244.1.1",
  "10.244.1.0",
  "10.244.2.9",
  "fd00::5",
  "nonsense",
  "",
  "127.0.0.1",
);
const cidr = pick(
  "10.244.1.0/24",
  "10.244.2.0/24",
  "10.244.2.7/24",
  "10.244.0.0/16",
  "10.0.0.0/8",
  "127.0.0.0/24",
  "fd00::/64",
  "10.240.0.0/16",
  "x",
);
const port = pick(0, 1, 80, 8080, 65_535, 65_536, 1.5);
const protocol = pick("TCP", "UDP", "SCTP");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value);
const many = <T>(value: fc.Arbitrary<T>, maxLength = 3) => fc.array(value, { maxLength });

const metadata = fc.record({ name, namespace: maybe(name), labels: maybe(label) });
const as = (apiVersion: string, kind: string, rest: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ apiVersion: fc.constant(apiVersion), kind: fc.constant(kind), metadata, ...rest });
const selector = fc.record({ matchLabels: maybe(label) });
const peer = fc.oneof(
  fc.record({ podSelector: selector, namespaceSelector: maybe(selector) }),
  fc.record({ ipBlock: fc.record({ cidr, except: many(cidr, 1) }) }),
  fc.constant({}),
);
const policyPort = fc.record({ port: maybe(fc.oneof(port, name)), protocol, endPort: maybe(port) });
const object = fc.oneof(
  as("v1", "Node", { spec: fc.record({ podCIDR: maybe(cidr) }) }),
  as("v1", "Namespace", {}),
  as("v1", "Pod", {
    spec: fc.record({
      nodeName: pick("n1", "n1.", "router"),
      containers: many(
        fc.record({ name, ports: many(fc.record({ containerPort: port, name: maybe(name), protocol })) }),
      ),
    }),
    status: fc.record({ phase: fc.constant("Running"), podIP: address }),
  }),
  as("v1", "Service", {
    spec: fc.record({
      clusterIP: pick("10.96.0.1", "10.96.0.2", "10.244.1.5", "10.96.0.0", "127.0.0.1", "None", "fd00::1", "x", ""),
      selector: maybe(label),
      ports: many(
        fc.record({
          name: maybe(name),
          port,
          protocol,
          targetPort: maybe(fc.oneof(port, name)),
          nodePort: maybe(pick(80, 30_080)),
        }),
      ),
    }),
  }),
  as("discovery.k8s.io/v1", "EndpointSlice", {
    addressType: pick("IPv4", "IPv6"),
    endpoints: many(fc.record({ addresses: many(address) })),
    ports: many(fc.record({ name: maybe(name), port: maybe(port) })),
  }),
  as("networking.k8s.io/v1", "NetworkPolicy", {
    spec: fc.record({
      podSelector: selector,
      policyTypes: maybe(many(pick("Ingress", "Egress"), 2)),
      ingress: maybe(many(fc.record({ from: maybe(many(peer)), ports: maybe(many(policyPort)) }))),
      egress: maybe(many(fc.record({ to: maybe(many(peer)), ports: maybe(many(policyPort)) }))),
    }),
  }),
);

test("what comes out is a lab", { timeout: 120_000 }, () => {
  const n1 = { apiVersion: "v1", kind: "Node", metadata: { name: "n1" }, spec: { podCIDR: "10.244.1.0/24" } };
  fc.assert(
    fc.property(fc.array(object, { maxLength: 12 }), (items) => {
      const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: [n1, ...items] });
      const made = importLab([{ place: "cluster.json", text }], "imported");
      const { lab } = labOf({ stack: "imported", place: "imported.yaml", text: made.text });
      expect(lab.hosts.length).toBeGreaterThan(0);
      for (const line of made.notes) expect(line).not.toMatch(/\p{Cc}/u);
    }),
    { numRuns: 400 },
  );
});
