/**
 * The lab of kind `routed`, wired as Kubernetes wires it: pause containers have no network of the engine's, and CNI plugins
 * (containernetworking/plugins) plug their namespaces into the bridge. To a packet it is the same lab.
 */
import { bridgeAddress } from "../../spec/addressing.ts";
import { BRIDGE } from "../../spec/names.ts";
import type { ResolvedHost } from "../../spec/resolvedLab.ts";
import { masquerade } from "../fragment.ts";
import { bridgeAndRoute, cbr0, type PodBridge, podOnBridge, ruled } from "./bridged.ts";
import type { NetworkKind } from "./kind.ts";
import { routed } from "./routed.ts";

export const cni: NetworkKind = {
  host: (lab, host) => [
    ...bridgeAndRoute(ruled(cbr0(lab), lab), host),
    { cni: configList(host, ruled(cbr0(lab), lab)) },
    masquerade({ source: host.podSubnet.toString(), exempt: lab.nonMasqueradeCidrs }),
  ],
  router: routed.router,
  pod: (lab, host, pod) => podOnBridge(cbr0(lab), host, pod),
};

/** A CNI network configuration list (CNI specification 1.0.0, section 1). */
function configList({ podSubnet }: ResolvedHost, { mtu, netfilter }: PodBridge): object {
  return {
    cniVersion: "1.0.0",
    name: "podlab",
    plugins: [
      {
        type: "bridge",
        bridge: BRIDGE,
        isGateway: true,
        mtu,
        // As the agent has the ports of a bridge where services need it.
        ...(netfilter ? { hairpinMode: true } : {}),
        // Pods have the addresses of the plan: the runtime asks for them (podlab-cni).
        capabilities: { ips: true, mac: true },
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: podSubnet.toString(), gateway: bridgeAddress(podSubnet) }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      // Second in the list, as clusters have it. No container of a lab asks for a port of its host, so it passes the result on.
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}
