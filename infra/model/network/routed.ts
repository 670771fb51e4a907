/** The article's answer: a bridge with a pod subnet for every host, and a router that knows whose is whose. */
import { BRIDGE, segmentName } from "../names.ts";
import { masquerade, route } from "../piece.ts";
import { hostOnBridge, MTU, podOnBridge } from "./bridged.ts";
import type { NetworkKind } from "./kind.ts";

const CBR0 = { name: BRIDGE, mtu: MTU };

export const routed: NetworkKind = {
  host: (lab, host, pods) => [
    ...hostOnBridge(CBR0, host, pods),
    masquerade({ source: host.podSubnet.toString(), exempt: lab.nonMasqueradeCidrs }),
  ],
  router: ({ hosts }) =>
    hosts.map(({ name, address, podSubnet }) => route(podSubnet.toString(), address, segmentName(name))),
  pod: (_, host, pod) => podOnBridge(CBR0, host, pod),
};
