/** The article's answer: a bridge with a pod subnet for every host, and a router that knows whose is whose. */
import { isIPv6 } from "../../spec/address.ts";
import { BRIDGE, segmentName } from "../../spec/names.ts";
import type { ResolvedLab } from "../../spec/resolvedLab.ts";
import { masquerade, route } from "../fragment.ts";
import { hostOnBridge, MTU, podOnBridge, ruled } from "./bridged.ts";
import type { NetworkKind } from "./kind.ts";

const exemptIn = ({ nonMasqueradeCidrs }: ResolvedLab, family: 4 | 6): string[] =>
  nonMasqueradeCidrs.filter((cidr) => isIPv6(cidr) === (family === 6));

const CBR0 = { name: BRIDGE, mtu: MTU };

export const routed: NetworkKind = {
  host: (lab, host) => [
    ...hostOnBridge(ruled(CBR0, lab), host),
    masquerade({ source: host.podSubnet.toString(), exempt: exemptIn(lab, 4) }),
    ...(host.v6 ? [masquerade({ family: 6, source: host.v6.podSubnet.toString(), exempt: exemptIn(lab, 6) })] : []),
  ],
  router: ({ hosts }) =>
    hosts.flatMap(({ name, address, podSubnet, v6 }) => [
      route(podSubnet.toString(), address, segmentName(name)),
      ...(v6 ? [route(v6.podSubnet.toString(), v6.address, segmentName(name))] : []),
    ]),
  pod: (_, host, pod) => podOnBridge(CBR0, host, pod),
};
