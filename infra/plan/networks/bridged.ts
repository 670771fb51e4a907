/** What all kinds share that plug pods into a bridge of their host: the bridge, the engine's network on it, the pods' veths. */

import type { Subnet } from "../../spec/address.ts";
import { bridgeAddress, routerAddress } from "../../spec/addressing.ts";
import type { ResolvedHost, ResolvedLab } from "../../spec/resolvedLab.ts";
import * as unit from "../engineUnits.ts";
import { bridge, DEFAULT_ROUTE, DEFAULT_ROUTE_6, type Piece, plugged, route } from "../piece.ts";
import type { PodPlan, UnitPlan } from "../plan.ts";

/** Ethernet's payload (RFC 894); what a veth and a Docker bridge have by default. */
export const MTU = 1500;

export interface PodBridge {
  readonly name: string;
  readonly mtu: number;
  readonly mac?: string;
  /** The host's rules apply to what pods of the bridge send each other, too. */
  readonly netfilter?: boolean;
}

/**
 * What Kubernetes asks of every node: what one pod sends another on the same bridge must pass the host's rules, although no
 * router is on its way: an answer the translation that a service's address needs, a question the pods' policies.
 */
export const ruled = (bridge: PodBridge, { services, policies }: ResolvedLab): PodBridge =>
  services.length + policies.length > 0 ? { ...bridge, netfilter: true } : bridge;

/** The host's side: the bridge holds the pod subnet's first address, and the router is the way to everything else. */
export function hostOnBridge(on: PodBridge, host: ResolvedHost, pods: readonly PodPlan[]): Piece[] {
  return [...bridgeAndRoute(on, host), { units: pluggedByEngine(on, host, pods) }];
}

/** The kernel's part of it. */
export function bridgeAndRoute({ name, ...rest }: PodBridge, host: ResolvedHost): Piece[] {
  const { podSubnet, segment, v6 } = host;
  const address = `${bridgeAddress(podSubnet)}/${podSubnet.prefix}`;
  const own6 = v6 && { address6: `${bridgeAddress(v6.podSubnet)}/${v6.podSubnet.prefix}` };
  return [
    bridge({ name, address, ...own6, link: linkOf(name, host), ...rest }),
    route(DEFAULT_ROUTE, routerAddress(segment), "eth0"),
    ...(v6 ? [route(DEFAULT_ROUTE_6, routerAddress(v6.segment), "eth0")] : []),
  ];
}

/** The host's engine plugs its pods in. */
function pluggedByEngine(
  { name, mtu }: PodBridge,
  { podSubnet, v6 }: ResolvedHost,
  pods: readonly PodPlan[],
): UnitPlan[] {
  const on = (subnet: Subnet) => ({ subnet: subnet.toString(), gateway: bridgeAddress(subnet) });
  return [
    unit.engine({ bridge: name, ...on(podSubnet), ...(v6 ? { v6: on(v6.podSubnet) } : {}), mtu }),
    ...unit.images(pods),
    ...pods.map((pod) => unit.pod(pod, { network: name, mtu, gateway: bridgeAddress(podSubnet) })),
  ];
}

/** The pod's side: one veth on the bridge, and the bridge as the way out. The engine provides both, so no unit does. */
export function podOnBridge({ name, mtu }: PodBridge, host: ResolvedHost, pod: PodPlan): Piece[] {
  const { podSubnet, v6 } = host;
  const addresses = [
    `${pod.address}/${podSubnet.prefix}`,
    ...(v6 && pod.address6 !== undefined ? [`${pod.address6}/${v6.podSubnet.prefix}`] : []),
  ];
  const gateway = (destination: string, subnet: Subnet) => ({ destination, via: bridgeAddress(subnet), dev: "eth0" });
  return [
    plugged({ name: "eth0", kind: "veth", addresses, mtu, link: linkOf(name, host) }),
    { routes: [gateway(DEFAULT_ROUTE, podSubnet), ...(v6 ? [gateway(DEFAULT_ROUTE_6, v6.podSubnet)] : [])] },
  ];
}

/** The layer-2 network of a host's pods. */
const linkOf = (bridge: string, host: ResolvedHost): string => `${host.name}:${bridge}`;
