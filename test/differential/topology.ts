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
  targetPort: fc.constantFrom(8080, 8080, 9090, 7),
  protocol: fc.constantFrom(undefined, undefined, "tcp", "udp") as fc.Arbitrary<"tcp" | "udp" | undefined>,
  nodePort: fc.constantFrom(undefined, 30_080),
});

/** Not bgp: in a namespace without an engine nobody speaks it, and its routes would be missing. */
const direction = fc.record({
  /** Of whom: everybody, pods by a label, a range without a part of it. */
  peers: fc.constantFrom("all", "web", "db", "range") as fc.Arbitrary<"all" | "web" | "db" | "range">,
  port: fc.constantFrom(undefined, 8080, 8080, 9090),
  protocol: fc.constantFrom("tcp", "tcp", "udp") as fc.Arbitrary<"tcp" | "udp">,
});

const policy = fc.record({
  of: fc.constantFrom(undefined, "web", "db"),
  ingress: fc.option(fc.array(direction, { maxLength: 2 }), { nil: undefined }),
  egress: fc.option(fc.array(direction, { maxLength: 2 }), { nil: undefined, freq: 1 }),
  action: fc.constantFrom("drop", "reject") as fc.Arbitrary<"drop" | "reject">,
});

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
    ...(network === "docker0" || services.length === 0 ? {} : { services: servicesOf(services, hosts) }),
    ...(network === "docker0" || services.length === 0 || masqueradeAll === undefined ? {} : { masqueradeAll }),
    hosts: hosts.map(({ pods, ports, prefix, segmentPrefix }, at) => ({
      name: `host0${at + 1}`,
      segment: `10.240.${at + 1}.0/${segmentPrefix}`,
      ...(network === "docker0" ? {} : { podSubnet: `192.168.${16 * (at + 1)}.0/${prefix}` }),
      pods: PODS.slice(0, pods).map((name) => ({
        name,
        labels: { app: name },
        containers: PORTS.slice(0, ports).map((port) => ({ name: `app-${port}`, port })),
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
  return services.map(({ endpoints, targetPort, protocol, nodePort }, at) => ({
    name: `service${at + 1}`,
    port: 80 + at,
    targetPort,
    ...(protocol === undefined ? {} : { protocol }),
    ...(nodePort === undefined ? {} : { nodePort: nodePort + at }),
    endpoints: endpoints.flatMap((number) => pods[number] ?? []),
  }));
}

type PolicyRecipe = typeof policy extends fc.Arbitrary<infer T> ? T : never;

function policyOf({ of, ingress, egress, action }: PolicyRecipe, at: number): NonNullable<LabSpec["policies"]>[number] {
  const allowed = ({ peers, port, protocol }: typeof direction extends fc.Arbitrary<infer T> ? T : never) => ({
    peers: peersOf(peers),
    ...(port === undefined ? {} : { ports: [{ protocol, port }] }),
  });
  const types = [...(ingress ? ["ingress" as const] : []), ...(egress ? ["egress" as const] : [])];
  return {
    name: `policy${at + 1}`,
    podSelector: of === undefined ? {} : { app: of },
    action,
    policyTypes: types.length > 0 ? types : ["ingress"],
    ...(ingress && {
      ingress: ingress.map(allowed).map(({ peers, ...rest }) => ({ ...(peers && { from: peers }), ...rest })),
    }),
    ...(egress && {
      egress: egress.map(allowed).map(({ peers, ...rest }) => ({ ...(peers && { to: peers }), ...rest })),
    }),
  };
}

function peersOf(peers: "all" | "web" | "db" | "range") {
  if (peers === "all") return undefined;
  if (peers === "range") return [{ cidr: "192.168.0.0/16", except: ["192.168.16.0/25"] }];
  return [{ podSelector: { app: peers } }];
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
