/** Random labs: what a user might write, and what somebody might have done to the kernel since. */
import fc from "fast-check";
import type { Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { NETWORK_NAMES } from "../../infra/spec/networks.ts";
import { readLab } from "../../infra/spec/read.ts";
import type { LabSpec } from "../../infra/spec/spec.ts";
import { type Edit, edited } from "./edit.ts";
import { mutation, resolve } from "./mutation.ts";

/** A lab as a case keeps it: the spec, and what was done to the planned namespaces, in this order. */
export interface Topology {
  readonly spec: LabSpec;
  readonly edits: readonly Edit[];
}

const PODS = ["web", "db", "cache"];
const PORTS = [8080, 9090];

const host = fc.record({
  pods: fc.constantFrom(1, 2, 0, 3),
  ports: fc.constantFrom(1, 2),
  prefix: fc.constantFrom(24, 26, 20, 22, 25),
  segmentPrefix: fc.constantFrom(24, 29, 28),
});

/** Which pods, by their number: chance may leave none. */
const service = fc.record({
  endpoints: fc.subarray([0, 1, 2, 3, 4, 5]),
  targetPort: fc.constantFrom<number | string>(8080, 8080, 9090, 7, "port-8080", "port-9090"),
  protocols: fc.constantFrom<readonly ("TCP" | "UDP")[]>(["TCP", "UDP"], ["TCP", "UDP"], ["TCP"], ["UDP"]),
  nodePort: fc.constantFrom(undefined, 30_080),
});

type Policy = NonNullable<LabSpec["policies"]>[number];
type Rule = NonNullable<Policy["ingress"]>[number];
type Peers = NonNullable<Rule["from"]>;
type Ports = NonNullable<Rule["ports"]>;

const WEB = { matchLabels: { app: "web" } };
const NOT_WEB = { matchExpressions: [{ key: "app", operator: "NotIn" as const, values: ["web"] }] };
const PEERS: readonly Peers[] = [
  [],
  [{ podSelector: WEB }],
  [{ namespaceSelector: NOT_WEB, podSelector: { matchLabels: { app: "db" } } }],
  [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } } }],
  [{ ipBlock: { cidr: "192.168.0.0/16", except: ["192.168.16.0/25"] } }],
];
const PORT_LISTS: readonly Ports[] = [
  [],
  [{ port: 8080 }],
  [{ port: "port-8080" }],
  [{ port: "port-9090" }, { port: 1, endPort: 8080, protocol: "UDP" }],
  [{ protocol: "UDP" }],
  [{ protocol: "SCTP", port: 8080 }],
];

const rules = fc.array(fc.record({ peers: fc.constantFrom(...PEERS), ports: fc.constantFrom(...PORT_LISTS) }), {
  maxLength: 2,
});

const policy = fc.record({
  namespace: fc.constantFrom("default", "default", "shop"),
  podSelector: fc.constantFrom({}, WEB, NOT_WEB),
  ingress: fc.option(rules, { nil: undefined }),
  egress: fc.option(rules, { nil: undefined, freq: 1 }),
  action: fc.constantFrom("drop", "reject") as fc.Arbitrary<"drop" | "reject">,
});

/** Not bgp: in a namespace without an engine nobody speaks it, and its routes would be missing. */
const spec: fc.Arbitrary<LabSpec> = fc
  .record({
    policies: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(policy, { minLength: 1, maxLength: 2 }) },
    ),
    services: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(service, { minLength: 1, maxLength: 2 }) },
    ),
    masqueradeAll: fc.constantFrom(undefined, undefined, true),
    hosts: fc.array(host, { minLength: 1, maxLength: 4 }),
    network: fc.constantFrom("routed", ...NETWORK_NAMES.filter((name) => name !== "bgp")),
    // The private ranges are the default; pod subnets are of the last, segments of the first.
    exempt: fc.option(fc.subarray(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24"]), {
      nil: undefined,
    }),
    routerMasquerades: fc.constantFrom(true, true, false),
  })
  .map(({ hosts, network, exempt, routerMasquerades, services, masqueradeAll, policies }) => ({
    network,
    ...(network === "docker0" || policies.length === 0 ? {} : { policies: (policies as PolicyRecipe[]).map(policyOf) }),
    ...(network === "docker0" || policies.length === 0 ? {} : { namespaces: { shop: { app: "shop" } } }),
    ...(network === "docker0" || services.length === 0 ? {} : { services: servicesOf(services, hosts) }),
    ...(network === "docker0" || services.length === 0 || masqueradeAll === undefined ? {} : { masqueradeAll }),
    hosts: hosts.map(({ pods, ports, prefix, segmentPrefix }, at) => ({
      name: `host0${at + 1}`,
      segment: `10.240.${at + 1}.0/${segmentPrefix}`,
      ...(network === "docker0" ? {} : { podSubnet: `192.168.${16 * (at + 1)}.0/${prefix}` }),
      pods: PODS.slice(0, pods).map((name) => ({
        name,
        labels: { app: name },
        ...(name === "web" && at % 2 === 1 ? { namespace: "shop" } : {}),
        containers: PORTS.slice(0, ports).map((port) => ({
          name: `app-${port}`,
          ports: [{ containerPort: port, name: `port-${port}` }],
        })),
      })),
    })),
    ...(exempt === undefined ? {} : { nonMasqueradeCidrs: exempt }),
    router: { masquerade: routerMasquerades },
  }));

function servicesOf(
  services: readonly (typeof service extends fc.Arbitrary<infer T> ? T : never)[],
  hosts: readonly { readonly pods: number }[],
): NonNullable<LabSpec["services"]> {
  const pods = hosts.flatMap(({ pods: count }, at) => PODS.slice(0, count).map((name) => `host0${at + 1}/${name}`));
  return services.map(({ endpoints, targetPort, protocols, nodePort }, at) => ({
    name: `service${at + 1}`,
    ports: protocols.map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      port: 80 + at,
      targetPort,
      ...(nodePort === undefined ? {} : { nodePort: nodePort + at }),
    })),
    endpoints: endpoints.flatMap((number) => pods[number] ?? []),
  }));
}

type PolicyRecipe = typeof policy extends fc.Arbitrary<infer T> ? T : never;

function policyOf({ ingress, egress, ...recipe }: PolicyRecipe, at: number): Policy {
  return {
    name: `policy${at + 1}`,
    ...recipe,
    ...(ingress || !egress ? {} : { policyTypes: ["Egress"] }),
    ...(ingress && { ingress: ingress.map(({ peers, ports }) => ({ from: peers, ports })) }),
    ...(egress && { egress: egress.map(({ peers, ports }) => ({ to: peers, ports })) }),
  };
}

/** Few changes at a time: each is to be seen, not hidden behind the next one. */
const mutations = fc.array(mutation, { maxLength: 6 });

/** Any lab, in any state that the model can speak of. */
export const topology: fc.Arbitrary<Topology> = fc.tuple(spec, mutations).map(([written, recipes]) => {
  const plan = planOf(written);
  const edits: Edit[] = [];
  for (const recipe of recipes) edits.push(...resolve(recipe, plan, edited(plan.netns, edits)));
  return { spec: written, edits };
});

export function planOf(written: LabSpec): LabPlan {
  return planLab(readLab(written, "differential"));
}

/** The plan, and its namespaces as they are to be. */
export function stateOf({ spec: written, edits }: Topology): { plan: LabPlan; wanted: readonly Netns[] } {
  const plan = planOf(written);
  return { plan, wanted: edited(plan.netns, edits) };
}
