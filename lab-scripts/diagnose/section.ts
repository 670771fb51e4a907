/** The modelled path of a probe, cut into sections where a packet can be lost: in a namespace, or on a link. */

import type { Hop } from "../../infra/packet/hop.ts";
import type { Route } from "../../infra/packet/netns.ts";
import type { Network } from "../../infra/packet/network.ts";
import { type Probe, type Walk, walks } from "../../infra/packet/walk.ts";

export interface Header {
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly destinationPort?: number | undefined;
}

export type Section = {
  readonly leg: "question" | "answer";
  readonly packet: Header;
  /** With the destination that it came with, before NAT. */
  readonly arrived?: Header | undefined;
} & (
  | {
      /** Forwarded, made here, or taken in here. */
      readonly kind: "through" | "made" | "delivered";
      readonly netns: string;
      readonly in?: string;
      readonly out?: string;
      /** The model's. */
      readonly route?: Route;
    }
  | { readonly kind: "link"; readonly link: string; readonly from: Port; readonly to: Port }
);

export interface Port {
  readonly netns: string;
  readonly dev: string;
}

/** Those of every path that chance may send it. */
export function sectionsOf(network: Network, probe: Probe): Section[] {
  const { protocol, to, port } = probe;
  return walks(network, probe).flatMap((walk) => {
    const [first] = walk.forward;
    const source = first ? routed(undefined, first).source : "";
    const asked = { protocol, source, destination: to, destinationPort: port };
    return ofWalk(network, walk, asked);
  });
}

/** @param asked the question as its sender makes it */
function ofWalk(network: Network, { forward, reply, dropped }: Walk, asked: Header): Section[] {
  const sections = [...ofLeg(network, "question", forward, asked), ...ofLeg(network, "answer", reply)];
  // Refused before any interface saw it.
  if (dropped && forward.length === 0) {
    const packet = { protocol: "icmp", source: "", destination: "" };
    sections.push({ kind: "made", leg: "question", netns: dropped.netns, packet });
  }
  return sections;
}

/** The route by which a hop's packet left. */
export function routeOf(hop: Hop): Route | undefined {
  return hop.did.flatMap((step) => (step.kind === "route" || step.kind === "forward" ? step.route : []))[0];
}

function ofLeg(network: Network, leg: Section["leg"], hops: readonly Hop[], asked?: Header): Section[] {
  return hops.flatMap((hop, at): Section[] => {
    const before = hops[at - 1];
    const packet = hop.direction === "out" ? routed(before, hop) : headerOf(before ?? hop);
    const own = { leg, netns: hop.netns, packet, arrived: arrivedWith(hops, at) ?? asked };
    if (hop.direction === "out") {
      const route = routeOf(hop);
      const by = { out: hop.interface, ...(route ? { route } : {}) };
      return [before ? { kind: "through", ...own, in: before.interface, ...by } : { kind: "made", ...own, ...by }];
    }
    const delivered: Section[] =
      at === hops.length - 1 ? [{ kind: "delivered", ...own, packet: headerOf(hop), in: hop.interface }] : [];
    if (before === undefined) return delivered;
    // Out of a tunnel: the namespace took in the packet around it.
    const outer = { leg, netns: hop.netns, packet: headerOf(before), in: before.interface };
    if (before.direction === "in") return [{ kind: "delivered", ...outer }, ...delivered];
    if (hop.interface === "lo") return delivered;
    const to = { netns: hop.netns, dev: hop.interface };
    const dev = network.namespace(hop.netns).netns.interfaces.find(({ name }) => name === hop.interface);
    const from = { netns: before.netns, dev: before.interface };
    return [{ kind: "link", leg, packet, link: dev?.link ?? "", from, to }, ...delivered];
  });
}

/** The header that a namespace routes and filters by: PREROUTING has changed the destination, POSTROUTING not yet the source. */
export function routed(before: Hop | undefined, hop: Hop): Header {
  const rewrite = hop.did.find((step) => step.kind === "nat" && step.changed === "source");
  const source = before?.source ?? (rewrite?.kind === "nat" ? rewrite.from : hop.source);
  return { ...headerOf(hop), source };
}

/** The header that a packet came to a namespace with: of the hop by which it left another one, before a bridge's PREROUTING. */
export function arrivedWith(hops: readonly Hop[], at: number): Header | undefined {
  const { netns } = hops[at]!;
  const left = hops.slice(0, at).findLast((hop) => hop.netns !== netns);
  return left && headerOf(left);
}

export function headerOf({ protocol, source, destination, destinationPort }: Header): Header {
  return { protocol, source, destination, destinationPort };
}

/** Whether a section begins, ends or goes by an interface. */
export function touches(section: Section, netns: string, dev: string): boolean {
  if (section.kind === "link") {
    return [section.from, section.to].some((port) => port.netns === netns && port.dev === dev);
  }
  return section.netns === netns && (section.in === dev || section.out === dev);
}
