/** The modelled path of a probe, cut into sections where a packet can be lost: in a namespace, or on a link. */

import type { Hop } from "../../infra/packet/hop.ts";
import type { Route } from "../../infra/packet/netns.ts";
import type { Network } from "../../infra/packet/network.ts";
import { type Probe, type Walk, walks } from "../../infra/packet/walk.ts";

export interface Header {
  readonly protocol: string;
  /** Empty where a packet that nobody saw would have got it by its route. */
  readonly source: string;
  readonly destination: string;
  readonly destinationPort?: number | undefined;
}

/** A packet in a namespace, with the interfaces by the plan's names. */
export interface Held {
  readonly netns: string;
  /** Forwarded, made here, or taken in here. */
  readonly kind: "through" | "made" | "delivered";
  readonly packet: Header;
  /** With the destination that it came with, before NAT; absent where it came with the same. */
  readonly arrived?: Header | undefined;
  readonly in?: string | undefined;
  readonly out?: string | undefined;
}

/** One that is to leave, and where the model sends it. */
export interface Onward extends Held {
  readonly kind: "through" | "made";
  /** The model's. */
  readonly route?: Route | undefined;
  /** Who is meant to receive it next. */
  readonly next?: Port | undefined;
  /** Bytes. */
  readonly size: number;
}

export type Section = { readonly leg: "question" | "answer" } & (
  | (Held & { readonly route?: Route | undefined })
  | {
      readonly kind: "link";
      readonly packet: Header;
      readonly link: string;
      readonly from: Port;
      readonly to: Port;
    }
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
    sections.push({ kind: "made", leg: "question", netns: dropped.netns, packet: asked });
  }
  return sections;
}

/** The route by which a hop's packet left. */
function routeOf(hop: Hop): Route | undefined {
  return hop.did.flatMap((step) => (step.kind === "route" || step.kind === "forward" ? step.route : []))[0];
}

function ofLeg(network: Network, leg: Section["leg"], hops: readonly Hop[], asked?: Header): Section[] {
  return hops.flatMap((hop, at): Section[] => {
    const before = hops[at - 1];
    const arrived = arrivedWith(hops, at) ?? asked;
    if (hop.direction === "out") return [{ leg, ...onward(hops, at), arrived }];
    const { netns, dev } = portOf(hop);
    const delivered: Section[] =
      at === hops.length - 1 ? [{ kind: "delivered", leg, netns, packet: headerOf(hop), arrived, in: dev }] : [];
    if (before === undefined || dev === "lo") return delivered;
    const packet = headerOf(before);
    // Out of a tunnel: the namespace took in the packet around it.
    if (before.direction === "in") {
      return [{ kind: "delivered", leg, netns, packet, in: before.interface }, ...delivered];
    }
    const { link = "" } = network.namespace(netns).netns.interfaces.find(({ name }) => name === dev) ?? {};
    return [{ kind: "link", leg, packet, link, from: portOf(before), to: portOf(hop) }, ...delivered];
  });
}

/** The packet as it was in the namespace that hop `at` leaves. */
export function onward(hops: readonly Hop[], at: number): Onward {
  const hop = hops[at]!;
  const before = hops[at - 1];
  const next = hops[at + 1];
  return {
    netns: hop.netns,
    kind: before ? "through" : "made",
    packet: routed(before, hop),
    arrived: arrivedWith(hops, at),
    in: before?.interface,
    out: hop.interface,
    route: routeOf(hop),
    next: next && portOf(next),
    size: hop.size,
  };
}

export const portOf = ({ netns, interface: dev }: Hop): Port => ({ netns, dev });

export const samePort = (one: Port, other: Port): boolean => one.netns === other.netns && one.dev === other.dev;

/** Returns who must tell its link-layer address for a hop's packet to leave: the route's next hop, or the packet's destination. */
export const nextHopOf = (hop: Hop): string => routeOf(hop)?.via ?? hop.destination;

/** The header that a namespace routes and filters by: PREROUTING has changed the destination, POSTROUTING not yet the source. */
export function routed(before: Hop | undefined, hop: Hop): Header {
  const rewrite = hop.did.find((step) => step.kind === "nat" && step.changed === "source");
  const source = before?.source ?? (rewrite?.kind === "nat" ? rewrite.from : hop.source);
  return { ...headerOf(hop), source };
}

/** The header that a packet came to a namespace with: of the hop by which it left another one, before a bridge's PREROUTING. */
function arrivedWith(hops: readonly Hop[], at: number): Header | undefined {
  const { netns } = hops[at]!;
  const left = hops.slice(0, at).findLast((hop) => hop.netns !== netns);
  return left && headerOf(left);
}

export function headerOf({ protocol, source, destination, destinationPort }: Header): Header {
  return { protocol, source, destination, destinationPort };
}

/** Whether a section begins, ends or goes by an interface. */
export function touches(section: Section, port: Port): boolean {
  if (section.kind === "link") return samePort(section.from, port) || samePort(section.to, port);
  return section.netns === port.netns && (section.in === port.dev || section.out === port.dev);
}

/** The namespaces that a section is in, or between. */
export function namespacesOf(section: Section): string[] {
  return section.kind === "link" ? [section.from.netns, section.to.netns] : [section.netns];
}

/** Whether a packet is to leave a namespace there. */
export function leaves(section: Section, netns: string): section is Section & { kind: "through" | "made" } {
  return (section.kind === "through" || section.kind === "made") && section.netns === netns;
}

/** What a namespace takes in for a port. */
export function deliveredTo(netns: string, port: number | undefined): (section: Section) => boolean {
  return (section) =>
    section.kind === "delivered" && section.netns === netns && section.packet.destinationPort === port;
}

/** What goes from one interface to another. */
export function between(from: Port, to: Port): (section: Section) => boolean {
  return (section) => section.kind === "link" && samePort(section.from, from) && samePort(section.to, to);
}

/** All that goes over a link. */
export function across(link: string): (section: Section) => boolean {
  return (section) => section.kind === "link" && section.link === link;
}
