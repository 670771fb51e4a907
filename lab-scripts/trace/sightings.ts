/** From all that was captured of one packet to its path: one place after the other, bridge ports told beside them. */
import type { Hop } from "../../infra/packet/hop.ts";
import type { Role, Sighting } from "../diagnose/events.ts";
import type { Scene } from "../diagnose/scene.ts";
import type { Passed } from "./leg.ts";

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
    .toSorted((a, b) => (BigInt(a.at) < BigInt(b.at) ? -1 : BigInt(a.at) > BigInt(b.at) ? 1 : place(a) - place(b)));
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
