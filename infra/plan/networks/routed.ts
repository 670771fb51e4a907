/** The article's answer: a bridge with a pod subnet for every host, and a router that knows whose is whose. */
import { isIPv6 } from "../../spec/address.ts";
import { segmentName } from "../../spec/names.ts";
import type { ResolvedLab } from "../../spec/resolvedLab.ts";
import { masquerade, route } from "../fragment.ts";
import { cbr0, hostOnBridge, podOnBridge, ruled } from "./bridged.ts";
import type { NetworkKind } from "./kind.ts";

const exemptIn = ({ nonMasqueradeCidrs }: ResolvedLab, family: 4 | 6): string[] =>
  nonMasqueradeCidrs.filter((cidr) => isIPv6(cidr) === (family === 6));

export const routed: NetworkKind = {
  host: (lab, host) => [
    ...hostOnBridge(ruled(cbr0(lab), lab), host),
    masquerade({ source: host.podSubnet.toString(), exempt: exemptIn(lab, 4) }),
    ...(host.v6 ? [masquerade({ family: 6, source: host.v6.podSubnet.toString(), exempt: exemptIn(lab, 6) })] : []),
  ],
  router: ({ hosts }) =>
    hosts.flatMap(({ name, address, podSubnet, v6 }) => [
      route(podSubnet.toString(), address, segmentName(name)),
      ...(v6 ? [route(v6.podSubnet.toString(), v6.address, segmentName(name))] : []),
    ]),
  pod: (lab, host, pod) => podOnBridge(cbr0(lab), host, pod),
};
