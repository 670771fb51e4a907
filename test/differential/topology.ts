/** Random labs: what a user might write, and what somebody might have done to the kernel since. */
import fc from "fast-check";
import type { Netns } from "../../infra/model/netns.ts";
import { NETWORK_NAMES } from "../../infra/model/network/names.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { planLab } from "../../infra/model/planner.ts";
import { readLab } from "../../infra/model/read.ts";
import type { LabSpec } from "../../infra/model/spec.ts";
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
const spec: fc.Arbitrary<LabSpec> = fc
  .record({
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
  .map(({ hosts, network, exempt, routerMasquerades, services, masqueradeAll }) => ({
    network,
    ...(network === "docker0" || services.length === 0 ? {} : { services: servicesOf(services, hosts) }),
    ...(network === "docker0" || services.length === 0 || masqueradeAll === undefined ? {} : { masqueradeAll }),
    hosts: hosts.map(({ pods, ports, prefix, segmentPrefix }, at) => ({
      name: `host0${at + 1}`,
      segment: `10.240.${at + 1}.0/${segmentPrefix}`,
      ...(network === "docker0" ? {} : { podSubnet: `192.168.${16 * (at + 1)}.0/${prefix}` }),
      pods: PODS.slice(0, pods).map((name) => ({
        name,
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
  return planLab(readLab(written, "differential"), written);
}

/** The plan, and its namespaces as they are to be. */
export function stateOf({ spec: written, edits }: Topology): { plan: LabPlan; wanted: readonly Netns[] } {
  const plan = planOf(written);
  return { plan, wanted: edited(plan.netns, edits) };
}
