/**
 * An overlay as flannel's vxlan backend makes it: pod packets cross the hosts' network inside UDP/4789 (RFC 7348), so the
 * router needs to know no pod subnet at all.
 */

import type { VxlanPeer } from "../../packet/netns.ts";
import { macOf } from "../../spec/addressing.ts";
import { VXLAN_HEADERS } from "../../spec/machines.ts";
import { segmentName } from "../../spec/names.ts";
import type { ResolvedHost, ResolvedLab } from "../../spec/resolvedLab.ts";
import { type Fragment, masquerade } from "../fragment.ts";
import { cbr0, hostOnBridge, type PodBridge, podOnBridge, ruled } from "./bridged.ts";
import type { NetworkKind } from "./kind.ts";

const DEV = "vxlan1";
const VNI = 1;
/** IANA's port for VXLAN (RFC 7348, 9). Linux would use 8472 by itself. */
const PORT = 4789;

const tunnelled = (lab: ResolvedLab): PodBridge => ({ ...cbr0(lab), mtu: lab.mtu - VXLAN_HEADERS });

export const overlay: NetworkKind = {
  host: (lab, host) => [
    ...hostOnBridge(ruled(tunnelled(lab), lab), host),
    tunnel(lab, host),
    masquerade({ source: host.podSubnet.toString(), exempt: lab.nonMasqueradeCidrs }),
  ],
  router: () => [],
  pod: (lab, host, pod) => podOnBridge(tunnelled(lab), host, pod),
};

/** The VXLAN interface's own address: the pod subnet's network address, as flannel has it. */
const tunnelAddress = ({ podSubnet }: ResolvedHost): string => podSubnet.network;

/** Peers know it without asking. */
const tunnelMac = (host: ResolvedHost): string => macOf(tunnelAddress(host));

function tunnel({ hosts, mtu }: ResolvedLab, host: ResolvedHost): Fragment {
  const others = hosts.filter(({ name }) => name !== host.name);
  const peers = others.map(
    (peer): VxlanPeer => ({
      inner: tunnelAddress(peer),
      mac: tunnelMac(peer),
      vtep: peer.address,
    }),
  );
  return {
    interfaces: [
      {
        name: DEV,
        kind: "vxlan",
        addresses: [`${tunnelAddress(host)}/32`],
        mtu: mtu - VXLAN_HEADERS,
        mac: tunnelMac(host),
        link: `${DEV}:${segmentName(host.name)}`,
        vxlan: { id: VNI, port: PORT, local: host.address, peers },
      },
    ],
    routes: others.map((peer) => ({
      destination: peer.podSubnet.toString(),
      via: tunnelAddress(peer),
      dev: DEV,
      onlink: true,
    })),
  };
}
