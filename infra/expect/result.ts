/** From a walk to what a probe of a kind sees of it. */

import type { Network } from "../packet/network.ts";
import type { Protocol } from "../packet/packet.ts";
import { pathMtu, trace } from "../packet/trace.ts";
import { type Probe, type Walk, walks } from "../packet/walk.ts";
import type { CheckKind, Expectation, Result } from "./check.ts";

type Asked = Pick<Expectation, "kind" | "from" | "address" | "port">;

/** What can be probed with one packet and its answer. */
export type PairKind = Exclude<CheckKind, "fact" | "spread">;

/** Of what is no single packet, an echo's. */
const PROTOCOL: Readonly<Record<CheckKind, Protocol>> = {
  icmp: "icmp",
  tcp: "tcp",
  "tcp-closed": "tcp",
  udp: "udp",
  "udp-closed": "udp",
  path: "icmp",
  mtu: "icmp",
  spread: "tcp",
  fact: "icmp",
};

/** Hops that a prober asks when nothing tells it that there are more. */
const PATIENCE = 8;

/** Returns the packet that a check of a kind sends. */
export function probeOf({ kind, from, address: to, port }: Asked): Probe {
  return { from, to, protocol: PROTOCOL[kind], ...(port === undefined ? {} : { port }) };
}

/**
 * What the sender and the target may see of a probe, by the model: one result, or one for each path that chance may send it
 * (a service's endpoints).
 */
export function resultsOf(
  network: Network,
  asked: Asked & { readonly kind: PairKind },
): readonly [Result, ...Result[]] {
  const { kind } = asked;
  const probe = probeOf(asked);
  if (kind === "path") return [pathResult(network, probe)];
  const all = walks(network, probe);
  if (kind === "mtu") return [mtuResult(network, probe, all[0]!)];
  const results = all.map((one) => resultOfWalk(one, kind));
  if (all.length === 1) return [results[0]!];
  const texts = results.map((one) => JSON.stringify(one));
  const [first, ...others] = results.filter((_, at) => texts.indexOf(texts[at]!) === at);
  return [first!, ...others];
}

/** What a probe of this kind can see of a walk; the rest is left out, so that it is not compared. */
function resultOfWalk(seen: Walk, kind: PairKind): Result {
  const { outcome, ttl, icmpFrom, identity, sourceSeen } = seen;
  const result: { -readonly [Field in keyof Result]: Result[Field] } = { outcome };
  // Of an ICMP error probes tell the sender, not the TTL.
  if (icmpFrom !== undefined) result.icmpFrom = icmpFrom;
  else if (ttl !== undefined) result.ttl = ttl;
  // An echo has nobody who could say whom he saw, nor does a server that isn't podlab's.
  if (outcome === "ok" && identity !== undefined && kind !== "icmp") {
    result.identity = identity;
    if (sourceSeen !== undefined) result.sourceSeen = sourceSeen;
  }
  return result;
}

function pathResult(network: Network, probe: Probe): Result {
  const { outcome, hops, icmpFrom } = trace(network, probe);
  // Packets that go round in circles pass as many routers as one has patience to ask.
  if (outcome === "ttl-exceeded") {
    const asked = hops.slice(0, PATIENCE);
    return asked.at(-1) === "*" ? { outcome: "timeout", hops: withoutSilentEnd(asked) } : { outcome };
  }
  // How many routers stay silent is known only when the target behind them answers.
  if (outcome === "ok") return { outcome, hops };
  return { outcome, hops: withoutSilentEnd(hops), ...(icmpFrom === undefined ? {} : { icmpFrom }) };
}

function withoutSilentEnd(hops: readonly string[]): readonly string[] {
  const last = hops.findLastIndex((hop) => hop !== "*");
  return hops.slice(0, last + 1);
}

function mtuResult(network: Network, probe: Probe, small: Walk): Result {
  if (small.outcome !== "ok") return resultOfWalk(small, "icmp");
  const mtu = pathMtu(network, probe);
  return mtu === undefined ? { outcome: "ok" } : { outcome: "ok", mtu };
}
