/** What all kinds share that plug pods into a bridge of their host: the bridge, the engine's network on it, the pods' veths. */
import { bridgeAddress, macOf, routerAddress } from "../../spec/addressing.ts";
import { BRIDGE } from "../../spec/names.ts";
import type { ResolvedHost, ResolvedLab } from "../../spec/resolvedLab.ts";
import { bridge, DEFAULT_ROUTE, DEFAULT_ROUTE_6, type Fragment, route } from "../fragment.ts";
import type { PodPlan } from "../plan.ts";

/** The bridge of most kinds. */
export const cbr0 = ({ mtu }: ResolvedLab): PodBridge => ({ name: BRIDGE, mtu });

export interface PodBridge {
  readonly name: string;
  readonly mtu: number;
  /** The host's rules apply to what pods of the bridge send each other, too. */
  readonly netfilter?: boolean;
}

/**
 * What Kubernetes asks of every node: what one pod sends another on the same bridge must pass the host's rules, although no
 * router is on its way: an answer the translation that a service's address needs, a question the pods' policies.
 */
export const ruled = (bridge: PodBridge, { services, policies }: ResolvedLab): PodBridge =>
  services.length + policies.length > 0 ? { ...bridge, netfilter: true } : bridge;

/** The host's side: the bridge holds the pod subnet's first address, the router is the way to all else, the engine plugs pods in. */
export function hostOnBridge(on: PodBridge, host: ResolvedHost): Fragment[] {
  const { podSubnet, v6 } = host;
  const own6 = v6 && { subnet6: v6.podSubnet.toString(), gateway6: bridgeAddress(v6.podSubnet) };
  const own = { subnet: podSubnet.toString(), gateway: bridgeAddress(podSubnet), ...own6 };
  return [...bridgeAndRoute(on, host), { engineNetwork: { name: on.name, ...own, mtu: on.mtu } }];
}

/**
 * The kernel's part of it. A bridge without a MAC address of its own has the lowest of its ports (br_stp_recalculate_bridge_id): with
 * each pod that comes or goes it may be another one than the pods' neighbour tables have. So kubenet and the CNI plugin set it.
 */
export function bridgeAndRoute({ name, ...rest }: PodBridge, host: ResolvedHost): Fragment[] {
  const { segment, v6 } = host;
  const subnets = [host.podSubnet, ...(v6 ? [v6.podSubnet] : [])];
  const addresses = subnets.map((subnet) => `${bridgeAddress(subnet)}/${subnet.prefix}`);
  return [
    bridge({ name, addresses, mac: macOf(bridgeAddress(host.podSubnet)), link: linkOf(name, host), ...rest }),
    route(DEFAULT_ROUTE, routerAddress(segment), "eth0"),
    ...(v6 ? [route(DEFAULT_ROUTE_6, routerAddress(v6.segment), "eth0")] : []),
  ];
}

/** The pod's side: one veth on the bridge, and the bridge as the way out. */
export function podOnBridge({ name, mtu }: PodBridge, host: ResolvedHost, pod: PodPlan): Fragment[] {
  const { podSubnet, v6 } = host;
  const addresses = [
    `${pod.address}/${podSubnet.prefix}`,
    ...(v6 && pod.address6 !== undefined ? [`${pod.address6}/${v6.podSubnet.prefix}`] : []),
  ];
  return [
    { interfaces: [{ name: "eth0", kind: "veth", addresses, mtu, link: linkOf(name, host) }] },
    route(DEFAULT_ROUTE, bridgeAddress(podSubnet), "eth0"),
    ...(v6 ? [route(DEFAULT_ROUTE_6, bridgeAddress(v6.podSubnet), "eth0")] : []),
  ];
}

/** The layer-2 network of a host's pods. */
const linkOf = (bridge: string, host: ResolvedHost): string => `${host.name}:${bridge}`;
