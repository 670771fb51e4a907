/** Nodes as hosts, each with the pod subnet that it has in the cluster. */
import { isIPv6, isSubnet, Subnet } from "../../infra/spec/address.ts";
import type { HostSpec } from "../../infra/spec/spec.ts";
import { podSubnet } from "../../infra/spec/values.ts";
import { given } from "../given.ts";
import type { Cluster, Pod } from "./manifests.ts";
import { Names } from "./names.ts";
import type { Notes } from "./notes.ts";

/** What every lab has already, and what services are called by. */
const RESERVED = ["router", "internet", "svc"];

export type ImportedHost = HostSpec & { readonly pods: NonNullable<HostSpec["pods"]> };

/** Returns the IPv4 address of a pod. */
export const addressOf = ({ status }: Pod): string | undefined =>
  [...(status?.podIPs.map(({ ip }) => ip) ?? []), status?.podIP].find((ip) => ip && !isIPv6(ip));

/**
 * Returns a host for each node, also for those that only pods name.
 * @param pods those that the lab will have
 */
export function hostsOf(cluster: Cluster, pods: readonly Pod[], notes: Notes): Map<string, ImportedHost> {
  const names = new Names(RESERVED);
  const nodes = new Map<string, string[]>(
    cluster.nodes.map(({ metadata, spec }) => [metadata.name, [...(spec?.podCIDRs ?? []), spec?.podCIDR ?? ""]]),
  );
  for (const { spec, item } of pods) {
    if (nodes.has(spec.nodeName!)) continue;
    notes.changed(`node ${spec.nodeName}`, `is not among the manifests; made for ${item}`);
    nodes.set(spec.nodeName!, []);
  }
  return new Map(
    [...nodes].map(([node, cidrs]) => {
      const item = `node ${node}`;
      const name = notes.called(item, node, names.take(node));
      if (cidrs.some(isIPv6)) notes.changed(item, `its IPv6 pod subnet is left out, for the lab has IPv4 only`);
      const own = cidrs.find((cidr) => cidr && !isIPv6(cidr));
      const subnet = own === undefined ? guessed(node, pods) : usable(own);
      if (own !== undefined && subnet === undefined) {
        notes.changed(item, `podCIDR ${own} is no pod subnet that podlab can use (/16 to /30); another is chosen`);
      } else if (own === undefined) {
        const instead = subnet ? `${subnet}, which its pods' addresses lie in, is taken` : "one is chosen";
        notes.changed(item, `has no IPv4 podCIDR; ${instead}`);
      }
      return [node, { name, ...given({ podSubnet: subnet }), pods: [] }] as const;
    }),
  );
}

function usable(cidr: string): string | undefined {
  const whole = isSubnet(cidr) ? String(new Subnet(cidr)) : cidr;
  return podSubnet.safeParse(whole).success ? whole : undefined;
}

/** Returns the /24 of the node's pods, where all of them are in it and no pod of another node is. */
function guessed(node: string, pods: readonly Pod[]): string | undefined {
  const [first, ...more] = pods.filter(({ spec }) => spec.nodeName === node).flatMap((pod) => addressOf(pod) ?? []);
  const subnet = usable(`${first}/24`);
  if (subnet === undefined) return undefined;
  const inside = (address: string) => isSubnet(`${address}/32`) && new Subnet(subnet).contains(address);
  const others = pods.filter(({ spec }) => spec.nodeName !== node).flatMap((pod) => addressOf(pod) ?? []);
  return more.every(inside) && !others.some(inside) ? subnet : undefined;
}
