/** What a cause alone does not tell: that the packet goes round and round, or that an ICMP error about it was lost as well. */
import type { Cause } from "./cause.ts";
import type { Leg, Parting } from "./compare.ts";
import type { Sighting } from "./events.ts";
import { filtered } from "./filter.ts";
import { kernelRouteText, type Scene } from "./scene.ts";

/** @param shot whose packet it was */
export function withSequel(scene: Scene, cause: Cause, parting: Parting, shot: number): Cause {
  const round = goesRound(scene, parting.leg);
  if (round) {
    const text = `it goes round between ${round.between.join(" and ")}: ${cause.text}`;
    return { ...cause, text, evidence: [...round.evidence, ...cause.evidence] };
  }
  const lost = parting.kind === "ended" ? errorLost(scene, parting, shot) : undefined;
  if (!lost) return cause;
  const text = `${cause.text}; and its sender is not told, for ${lost.text}`;
  return { ...cause, text, evidence: [...cause.evidence, ...lost.evidence] };
}

/** Those that had the packet more than once, each time with a smaller TTL, and the routes by which they passed it on. */
function goesRound(scene: Scene, { seen }: Leg) {
  const isPassed = ({ netns, dev, direction, ttl }: Sighting, later: Sighting) =>
    later.netns === netns && later.dev === dev && direction === "out" && later.direction === "out" && later.ttl < ttl;
  const again = seen.filter((one) => seen.some((other) => isPassed(one, other)));
  const between = [...new Set(again.map(({ netns }) => netns))];
  if (between.length < 2) return undefined;
  const evidence = between.map((netns) => {
    const { destination } = again.find((one) => one.netns === netns)!;
    const route = scene.route(netns, destination);
    return `${netns}: ip route: ${route ? kernelRouteText(route) : "none"} (for ${destination})`;
  });
  return { between, evidence };
}

/** The rule that ended the ICMP error about a packet that was to be passed on. */
function errorLost(scene: Scene, { leg, at }: Parting, shot: number): Cause | undefined {
  const before = leg.expected[at - 1];
  const hop = leg.expected[at];
  if (before?.direction !== "in" || hop?.direction !== "out") return undefined;
  const what = "the ICMP error about it";
  const last = scene.all(shot, "error").at(-1);
  if (!last) {
    const [source = ""] = scene.addresses(hop.netns, before.interface);
    const packet = { protocol: "icmp", source, destination: before.source };
    return filtered(scene, { netns: hop.netns, kind: "made", packet }, what);
  }
  if (last.direction !== "in") return undefined;
  const kind = last.netns === leg.expected[0]!.netns ? "delivered" : "through";
  const packet = { protocol: "icmp", source: last.source, destination: last.destination };
  return filtered(scene, { netns: last.netns, kind, packet, in: scene.planName(last.netns, last.dev) }, what);
}
