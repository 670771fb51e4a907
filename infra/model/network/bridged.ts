/** What all kinds share that plug pods into a bridge of their host: the bridge, the engine's network on it, the pods' veths. */

import { bridgeAddress, routerAddress } from "../addressing.ts";
import * as unit from "../engineUnits.ts";
import { bridge, DEFAULT_ROUTE, type Piece, plugged, route } from "../piece.ts";
import type { PodPlan, UnitPlan } from "../plan.ts";
import type { ResolvedHost } from "../resolvedLab.ts";

/** Ethernet's payload (RFC 894); what a veth and a Docker bridge have by default. */
export const MTU = 1500;

export interface PodBridge {
  readonly name: string;
  readonly mtu: number;
  readonly mac?: string;
}

/** The host's side: the bridge holds the pod subnet's first address, and the router is the way to everything else. */
export function hostOnBridge(on: PodBridge, host: ResolvedHost, pods: readonly PodPlan[]): Piece[] {
  return [...bridgeAndRoute(on, host), { units: pluggedByEngine(on, host, pods) }];
}

/** The kernel's part of it. */
export function bridgeAndRoute({ name, ...rest }: PodBridge, host: ResolvedHost): Piece[] {
  const { podSubnet, segment } = host;
  const address = `${bridgeAddress(podSubnet)}/${podSubnet.prefix}`;
  return [
    bridge({ name, address, link: linkOf(name, host), ...rest }),
    route(DEFAULT_ROUTE, routerAddress(segment), "eth0"),
  ];
}

/** The host's engine plugs its pods in. */
function pluggedByEngine({ name, mtu }: PodBridge, { podSubnet }: ResolvedHost, pods: readonly PodPlan[]): UnitPlan[] {
  return [
    unit.engine({ bridge: name, subnet: podSubnet.toString(), gateway: bridgeAddress(podSubnet), mtu }),
    ...unit.images(pods),
    ...pods.map((pod) => unit.pod(pod, name)),
  ];
}

/** The pod's side: one veth on the bridge, and the bridge as the way out. The engine provides both, so no unit does. */
export function podOnBridge({ name, mtu }: PodBridge, host: ResolvedHost, { address }: PodPlan): Piece[] {
  const { podSubnet } = host;
  return [
    plugged({ name: "eth0", kind: "veth", address, prefix: podSubnet.prefix, mtu, link: linkOf(name, host) }),
    { routes: [{ destination: DEFAULT_ROUTE, via: bridgeAddress(podSubnet), dev: "eth0" }] },
  ];
}

/** The layer-2 network of a host's pods. */
const linkOf = (bridge: string, host: ResolvedHost): string => `${host.name}:${bridge}`;
