/** Where a packet enters a tunnel: the neighbour entry says which MAC its next hop has, the FDB behind which host that is. */
import type { Hop } from "../../infra/packet/hop.ts";
import type { Cause } from "./cause.ts";
import { interfaceProblem } from "./ends.ts";
import { filtered } from "./filter.ts";
import type { Scene } from "./scene.ts";
import { deliveredTo, headerOf, leaves, nextHopOf, portOf } from "./section.ts";

/**
 * @param outer the model's hop by which the wrapped packet leaves
 * @param inner the one before, at the tunnel's interface
 * @returns undefined when the outer hop enters no tunnel, or when the FDB is as it should be
 */
export function tunnelEntry(scene: Scene, outer: Hop, inner: Hop | undefined): Cause | undefined {
  const wrap = outer.did.find((step) => step.kind === "encapsulate");
  if (wrap?.kind !== "encapsulate" || !inner) return undefined;
  const { netns, dev } = portOf(inner);
  const nextHop = nextHopOf(inner);
  const mac = scene.neighbour(netns, nextHop)?.lladdr;
  const fdb = scene.kernel(netns)?.fdb;
  if (!mac || !fdb) return undefined;
  const known = fdb.filter(({ ifname, dst }) => ifname === scene.kernelName(netns, dev) && dst !== undefined);
  const entry = known.find((one) => one.mac === mac);
  if (entry?.dst === wrap.vtep) return undefined;
  const whose = `the next hop ${nextHop} (${mac})`;
  return {
    key: `fdb ${netns} ${dev} ${mac}`,
    netns,
    dev,
    text: entry
      ? `${netns} takes ${whose} to be behind ${entry.dst}, not ${wrap.vtep}`
      : `${netns}'s ${dev} does not know behind which host ${whose} is`,
    evidence: [
      `${netns}: bridge fdb show dev ${dev}: ${known.map((one) => `${one.mac} dst ${one.dst}`).join("; ") || "empty"}`,
    ],
    covers: (section) =>
      leaves(section, netns) && section.out === dev && (section.route?.via ?? section.packet.destination) === nextHop,
  };
}

/** The outer packet came to its host, and the one inside did not come out. */
export function notUnwrapped(scene: Scene, outer: Hop, inner: Hop): Cause {
  const { netns, dev } = portOf(inner);
  const packet = headerOf(outer);
  return (
    filtered(scene, { netns, kind: "delivered", packet, in: outer.interface }) ??
    interfaceProblem(scene, { netns, dev }) ?? {
      key: `unwrapped ${netns} ${dev}`,
      netns,
      dev,
      text: `${netns} does not take it out of the tunnel: another VNI, UDP port or MAC than that of its ${dev}?`,
      evidence: [],
      covers: deliveredTo(netns, packet.destinationPort),
    }
  );
}
