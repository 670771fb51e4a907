/**
 * Several hosts as Docker leaves them: every one has docker0 on 172.17.0.0/16 and hands out 172.17.0.2 first. Fine within a
 * host; between hosts nobody can say whose 172.17.0.2 a packet is for.
 */
import { segmentName } from "../../spec/names.ts";
import type { ResolvedLab } from "../../spec/resolvedLab.ts";
import { masquerade, route } from "../fragment.ts";
import { hostOnBridge, type PodBridge, podOnBridge } from "./bridged.ts";
import type { NetworkKind } from "./kind.ts";

const docker0Of = ({ mtu }: ResolvedLab): PodBridge => ({ name: "docker0", mtu });

export const docker0: NetworkKind = {
  host: (lab, host) => [
    ...hostOnBridge(docker0Of(lab), host),
    // Docker's own rule for its default bridge: everything that leaves it is masqueraded.
    masquerade({ source: host.podSubnet.toString(), exempt: [host.podSubnet.toString()] }),
  ],
  // A table holds one route to a destination: the first host gets it, and the others are out of reach.
  router: ({ hosts: [first] }) =>
    first ? [route(first.podSubnet.toString(), first.address, segmentName(first.name))] : [],
  pod: (lab, host, pod) => podOnBridge(docker0Of(lab), host, pod),
};
