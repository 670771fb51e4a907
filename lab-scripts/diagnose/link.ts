/** A packet between two namespaces: nobody answers ARP for its next hop, or it left one and never came to the other. */
import { isIPv6 } from "node:net";
import type { Hop } from "../../infra/packet/hop.ts";
import type { Cause } from "./cause.ts";
import {
  addressProblem,
  bridgeOf,
  bridgeProblem,
  gone,
  hairpinOff,
  holdsItself,
  interfaceProblem,
  isolation,
  portProblem,
  tooLong,
} from "./ends.ts";
import type { Sighting } from "./events.ts";
import { filteredOnBridge } from "./filter.ts";
import { droppedByMachine, innocence, resolutionDropped } from "./machine.ts";
import type { Scene } from "./scene.ts";
import { between, nextHopOf, type Onward, type Port, portOf, samePort } from "./section.ts";

const NO_ANSWER = new Set(["FAILED", "INCOMPLETE"]);

/** The packet waits for a link-layer address that nobody tells. */
export function neighbourless(scene: Scene, onward: Onward): Cause | undefined {
  const { netns, out, route, packet, next } = onward;
  if (out === undefined || out === "lo") return undefined;
  const address = route?.via ?? packet.destination;
  const neighbour = scene.neighbour(netns, address);
  if (neighbour?.lladdr && !neighbour.state?.some((one) => NO_ANSWER.has(one))) return undefined;
  const state = neighbour?.state?.join(" ") ?? "unknown";
  const evidence = [`${netns}: ip neighbour: ${address} dev ${out} ${state}`];
  const from = { netns, dev: out };
  // Without an entry, and without a question for one, it was something else that kept the packet.
  const wasAsked =
    neighbour ||
    isIPv6(address) ||
    scene.arp(netns, address).some(({ asks, direction }) => asks && direction === "out");
  const cause =
    (next && (betweenProblem(scene, from, next) ?? addressProblem(scene, next, address))) ??
    (next && wasAsked ? resolutionDropped(scene, from, next, address) : undefined) ??
    (wasAsked ? silent(scene, from, next, address) : undefined);
  return cause && { ...cause, evidence: [...cause.evidence, ...evidence] };
}

/** The packet left one namespace and never came to the next. */
export function lostOnLink(scene: Scene, sent: Hop, awaited: Hop, packet: Sighting): Cause {
  const [from, to] = [portOf(sent), portOf(awaited)];
  const nextHop = nextHopOf(sent);
  return (
    betweenProblem(scene, from, to) ??
    otherMac(scene, from, to, packet, nextHop) ??
    tooLargeFor(scene, to, packet) ??
    addressProblem(scene, to, nextHop) ??
    onBridge(scene, to, packet) ??
    droppedByMachine(scene, to, packet) ??
    unexplainedLink(scene, from, to)
  );
}

/** What is wrong with the two ends and the bridge between them. */
function betweenProblem(scene: Scene, from: Port, to: Port): Cause | undefined {
  return (
    gone(scene, to.netns) ??
    bridgeProblem(scene, from) ??
    bridgeProblem(scene, to) ??
    interfaceProblem(scene, to) ??
    interfaceProblem(scene, from) ??
    portProblem(scene, to) ??
    portProblem(scene, from) ??
    isolation(scene, from, to) ??
    hairpinOff(scene, from, to)
  );
}

/** Both ends look well, but ARP is not answered: was it heard? */
function silent(scene: Scene, from: Port, to: Port | undefined, address: string): Cause {
  const heard = to && scene.arp(to.netns, address).some(({ asks, direction }) => asks && direction === "in");
  const ignores = to && scene.kernel(to.netns)?.settings[`${scene.kernelName(to.netns, to.dev)}.arp_ignore`];
  const blamed = heard && to ? to : from;
  const tunnel = scene.interface(from.netns, from.dev)?.kind === "vxlan";
  const text = tunnel
    ? `${from.netns} has no neighbour entry for ${address}, its next hop in the tunnel`
    : heard
      ? `${to.netns} heard who is asked for, but does not answer ARP for ${address}`
      : `nobody on the link answers ARP for ${address}`;
  return {
    key: `neighbour ${blamed.netns} ${address}`,
    ...blamed,
    text,
    evidence: heard && ignores ? [`${to.netns}: net.ipv4.conf.${to.dev}.arp_ignore = ${ignores}`] : [],
    covers: (section) =>
      section.kind === "link"
        ? !!heard && !!to && samePort(section.to, to)
        : section.netns === from.netns &&
          section.out === from.dev &&
          (section.route?.via ?? section.packet.destination) === address,
  };
}

/** The frame was addressed to another MAC than the receiver's. */
export function otherMac(scene: Scene, from: Port, to: Port, { toMac }: Sighting, address: string): Cause | undefined {
  const mac = scene.link(to.netns, to.dev)?.address;
  if (!toMac || !mac || toMac === mac) return undefined;
  const neighbour = scene.neighbour(from.netns, address);
  const state = neighbour ? `${neighbour.lladdr} ${neighbour.state?.join(" ")}` : "unknown";
  const evidence = [
    `${from.netns}: ip neighbour: ${address} dev ${from.dev} lladdr ${state}`,
    `${to.netns}: ip link show ${scene.kernelName(to.netns, to.dev)}: link/ether ${mac}`,
  ];
  const holder = scene.holderOfMac(toMac);
  const taken = holder && holdsItself(scene, holder.netns, address);
  if (taken) return { ...taken, evidence: [...taken.evidence, ...evidence] };
  const covers = between(from, to);
  const key = `mac ${from.netns} ${address} ${toMac}`;
  if (holder && !neighbour?.state?.includes("PERMANENT")) {
    const { netns, dev, words } = holder;
    const who = words === `${netns}'s` ? netns : `who has ${toMac}, which is ${words},`;
    return {
      key,
      netns,
      dev,
      text: `${who} answers ARP for ${address}, which is ${to.netns}'s`,
      evidence,
      covers,
    };
  }
  const text = `${from.netns} has a wrong neighbour entry for ${address}: the frame went to ${toMac}, which is ${holder?.words ?? "nobody's in the lab"}`;
  return { key, ...from, text, evidence, covers };
}

/** The receiver of a link takes frames a little larger than its MTU (infra/packet/link.ts), and drops larger ones in silence. */
function tooLargeFor(scene: Scene, { netns, dev }: Port, { size }: Sighting): Cause | undefined {
  const mtu = scene.link(netns, dev)?.mtu;
  return mtu !== undefined && size > mtu ? tooLong({ netns, dev }, size, mtu) : undefined;
}

function onBridge(scene: Scene, to: Port, packet: Sighting): Cause | undefined {
  const bridge = bridgeOf(scene, to);
  return bridge && filteredOnBridge(scene, bridge, packet);
}

function unexplainedLink(scene: Scene, from: Port, to: Port): Cause {
  const link = scene.interface(to.netns, to.dev)?.link ?? "";
  return {
    key: `lost ${from.netns} ${to.netns} ${link}`,
    ...(bridgeOf(scene, to) ?? to),
    text: `it was lost on ${link}, whose two ends look well`,
    evidence: innocence(scene, link),
    covers: between(from, to),
  };
}
