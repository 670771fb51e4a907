/**
 * Pod subnets that nobody wrote into a table: every host announces its own over BGP and learns those of the others, as
 * kube-router and Calico have it with their rack's router. Every host is an autonomous system of its own (external BGP, the
 * way of RFC 7938 for data centres): so the router passes on to one host what it heard from another, and names itself as the
 * next hop, both by the protocol's own rules. Within one system (internal BGP) it would have to be told to do either: nobody
 * passes on there what he was told, unless he is made a route reflector (RFC 4456).
 */

import type { BgpSpeaker } from "../../packet/netns.ts";
import { routerAddress } from "../../spec/addressing.ts";
import { BRIDGE } from "../../spec/names.ts";
import type { ResolvedHost, ResolvedLab } from "../../spec/resolvedLab.ts";
import { type Fragment, masquerade } from "../fragment.ts";
import { cbr0, hostOnBridge, podOnBridge, ruled } from "./bridged.ts";
import type { NetworkKind } from "./kind.ts";

/** Private numbers begin here (RFC 6996); the router's. */
const ROUTER_AS = 64_512;

/**
 * Seconds without a word from a neighbour until it counts as gone: the shortest that there is (RFC 4271, 4.2), and a keepalive
 * every third of it (4.4). A session that is ended in words, or by a dead process' kernel, is over at once. BFD (RFC 5880)
 * would notice a silent neighbour in a third of a second; on a machine with two processors and sixteen hosts it would also
 * notice neighbours that are only busy.
 */
const HOLD = 3;

export const bgp: NetworkKind = {
  host: (lab, host) => [
    ...hostOnBridge(ruled(cbr0(lab), lab), host),
    masquerade({ source: host.podSubnet.toString(), exempt: lab.nonMasqueradeCidrs }),
    speaker({
      id: host.address,
      as: asOf(lab, host),
      announces: [BRIDGE],
      peers: [{ name: "router", address: routerAddress(host.segment), as: ROUTER_AS }],
    }),
  ],
  router: (lab) => [
    speaker({
      id: routerAddress(lab.internet.subnet),
      as: ROUTER_AS,
      announces: [],
      peers: lab.hosts.map((host) => ({ name: host.name, address: host.address, as: asOf(lab, host) })),
    }),
  ],
  pod: (lab, host, pod) => podOnBridge(cbr0(lab), host, pod),
};

/** By its place in the list: a host added at the end leaves the others' numbers as they are. */
const asOf = ({ hosts }: ResolvedLab, host: ResolvedHost): number => ROUTER_AS + 1 + hosts.indexOf(host);

const speaker = (bgp: Omit<BgpSpeaker, "hold">): Fragment => ({ bgp: { ...bgp, hold: HOLD } });
