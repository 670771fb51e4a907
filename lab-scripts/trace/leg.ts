/** Captured sightings beside the model's hops: what both know, what only one of them does, and where headers differ. */
import { describeStepIn } from "../../infra/packet/describe.ts";
import type { Hop } from "../../infra/packet/hop.ts";
import type { Message } from "../../infra/packet/packet.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { VXLAN_HEADERS } from "../../infra/spec/machines.ts";
import type { Inside, Role, Sighting } from "../diagnose/events.ts";
import type { Scene } from "../diagnose/scene.ts";
import { given } from "../given.ts";
import type { Header, Port, Step } from "./trace.ts";

/** A sighting by the plan's name of its interface, after the bridge ports that the packet had passed. */
export interface Passed {
  readonly sighting: Sighting;
  readonly ports: readonly Port[];
}

/** One path, in the order of the capture; where something was not seen, in the model's. */
export function stepsOf(seen: readonly Passed[], modelled: readonly Hop[], plan: LabPlan): Step[] {
  const nodeOf = (id: string) => plan.netns.find((one) => one.id === id)?.node ?? id;
  return aligned(seen, modelled).map(([passed, hop]): Step => {
    const modelled = hop && headerOfHop(hop);
    if (passed === undefined) {
      const { node, netns, interface: dev, direction } = hop!;
      return { model: "unseen", node, netns, interface: dev, direction, ...modelled!, did: didOf(hop!, plan) };
    }
    const { sighting, ports } = passed;
    const { netns, dev, direction, at } = sighting;
    const place = {
      node: nodeOf(netns),
      netns,
      interface: dev,
      direction: direction === "out" ? ("out" as const) : ("in" as const),
      at,
      ...(ports.length > 0 ? { ports } : {}),
    };
    const header = headerOfSighting(sighting);
    if (modelled === undefined) return { model: "extra", ...place, ...header, did: [] };
    if (differences(header, modelled).length > 0) return { model: "altered", ...place, ...header, did: [], modelled };
    return { model: "same", ...place, ...header, did: didOf(hop!, plan) };
  });
}

type Pair = readonly [Passed | undefined, Hop | undefined];

/** The longest common row of places; what is in one list only stands between, the captured first. */
function aligned(seen: readonly Passed[], modelled: readonly Hop[]): Pair[] {
  const common = Array.from({ length: seen.length + 1 }, () => new Array<number>(modelled.length + 1).fill(0));
  for (let s = seen.length - 1; s >= 0; s -= 1) {
    for (let m = modelled.length - 1; m >= 0; m -= 1) {
      common[s]![m] = samePlace(seen[s]!, modelled[m]!)
        ? common[s + 1]![m + 1]! + 1
        : Math.max(common[s + 1]![m]!, common[s]![m + 1]!);
    }
  }
  const pairs: Pair[] = [];
  let s = 0;
  let m = 0;
  while (s < seen.length || m < modelled.length) {
    const passed = seen[s];
    const hop = modelled[m];
    if (passed && hop && samePlace(passed, hop)) pairs.push([seen[s++], modelled[m++]]);
    else if (passed && (!hop || common[s + 1]![m]! >= common[s]![m + 1]!)) pairs.push([seen[s++], undefined]);
    else pairs.push([undefined, modelled[m++]]);
  }
  return pairs;
}

function samePlace({ sighting }: Passed, hop: Hop): boolean {
  return sighting.netns === hop.netns && sighting.dev === hop.interface && sighting.direction === hop.direction;
}

/**
 * Returns the fields in which a captured header is another one than the model's, with the model's values. A tunnel's client port is
 * a hash of what is inside, and sizes follow from what was asked.
 */
export function differences(seen: Header, modelled: Header): string[] {
  const { protocol, inside } = modelled;
  const ports = protocol === "icmp" ? [] : inside ? ["destinationPort" as const] : PORTS;
  return [
    ...[...HEADER, ...ports].flatMap((field) => (seen[field] === modelled[field] ? [] : `${field} ${modelled[field]}`)),
    ...INSIDE.flatMap((field) =>
      seen.inside?.[field] === inside?.[field] ? [] : `${field} ${inside?.[field] ?? "none"} inside`,
    ),
  ];
}

const HEADER = ["protocol", "message", "source", "destination", "ttl"] as const;
const PORTS = ["sourcePort", "destinationPort"] as const;
const INSIDE = ["vxlan", "source", "destination", "ttl"] as const;

function didOf(hop: Hop, plan: LabPlan): string[] {
  return [...hop.did.map((step) => describeStepIn(hop.netns, step)), ...carriedText(hop, plan)];
}

/** What a packet is put into between two machines: Docker's own VXLAN, which nobody in the lab sees. */
function carriedText({ netns, interface: dev, direction, size }: Hop, { netns: all, segments }: LabPlan): string[] {
  const link = all.find(({ id }) => id === netns)?.interfaces.find(({ name }) => name === dev)?.link;
  const machine = segments.find(({ name }) => name === link)?.machine;
  if (machine === undefined || direction !== "out") return [];
  const to = netns === "router" ? `machine ${machine.name}` : "the first machine";
  return [`goes to ${to} in a VXLAN packet of Docker Swarm (UDP port 4789, ${size + VXLAN_HEADERS} bytes)`];
}

function headerOfHop(hop: Hop): Header {
  const { protocol, message, source, destination, sourcePort, destinationPort, ttl, size, inside } = hop;
  return {
    protocol,
    message,
    source,
    destination,
    ...(protocol === "icmp" ? {} : { sourcePort, destinationPort }),
    ttl,
    size,
    ...(inside ? { inside: { ...inside, message: "datagram" } } : {}),
  };
}

function headerOfSighting(sighting: Sighting): Header {
  const { protocol, source, destination, sourcePort, destinationPort, ttl, size, inside, error } = sighting;
  return {
    protocol,
    message: sighting.message as Message,
    source,
    destination,
    ...given({ sourcePort, destinationPort }),
    ttl,
    size,
    ...given({ inside: inside && headerInside(inside), error: error && errorOf(error) }),
  };
}

function headerInside({ segment: _, ...inside }: Inside) {
  return { ...inside, message: inside.message as Message };
}

function errorOf({ type, code, means, mtu }: NonNullable<Sighting["error"]>): NonNullable<Header["error"]> {
  return { type, code, means, ...(mtu ? { mtu } : {}) };
}

/** What begins a leg; a connection's data takes the same path later and is not told again. */
const OPENING: Readonly<Record<string, readonly string[]>> = { question: ["syn"], answer: ["syn-ack", "rst"] };

/**
 * The packet's path in the order of time. All namespaces of the lab share the clock of one kernel; of two sightings in the
 * same nanosecond the one that the model has first is first.
 */
export function passedBy(scene: Scene, shot: number, role: Role, protocol: string, modelled: readonly Hop[]): Passed[] {
  const place = (one: Sighting) =>
    modelled.findIndex(
      (hop) => hop.netns === one.netns && hop.interface === one.dev && hop.direction === one.direction,
    );
  const path = scene
    .path(shot, role, modelled, protocol === "tcp" ? OPENING[role] : undefined)
    .toSorted((a, b) => Number(BigInt(a.at) - BigInt(b.at)) || place(a) - place(b));
  const ports = scene.all(shot, role).flatMap((one) => {
    const bridge = scene.linkNamed(one.netns, one.dev)?.master;
    return bridge === undefined ? [] : [{ at: BigInt(one.at), netns: one.netns, bridge, port: one.dev }];
  });
  return path.map((sighting, number) => {
    const since = number === 0 ? 0n : BigInt(path[number - 1]!.at);
    const until = BigInt(sighting.at);
    const between = ports.filter(({ at }) => at > since && at <= until);
    return { sighting, ports: between.map(({ netns, bridge, port }) => ({ netns, bridge, port })) };
  });
}
