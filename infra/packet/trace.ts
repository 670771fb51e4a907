/** What a series of probes finds out: the routers on the way (traceroute(8)) and the path MTU (RFC 1191). */
import type { Outcome } from "../spec/outcome.ts";
import type { Network } from "./network.ts";
import { DEFAULT_TTL } from "./packet.ts";
import { type Probe, type Walk, walk } from "./walk.ts";

export interface Trace {
  /** The address that answered for each TTL from 1; `*` for silence. The target is not among them. */
  readonly hops: readonly string[];
  /** The nodes behind them, and the silent ones too. */
  readonly nodes: readonly string[];
  /** What the last probe met: `ok` when it got to the target, `ttl-exceeded` when none did within the limit. */
  readonly outcome: Outcome;
  /** Who sent the ICMP error behind that outcome. */
  readonly icmpFrom?: string;
}

/** Sends the probe with TTL 1, 2, 3 … until it isn't an expired TTL that ends it, or `limit` hops are passed. */
export function trace(network: Network, probe: Probe, limit = 30): Trace {
  const hops: string[] = [];
  const nodes: string[] = [];
  for (let ttl = 1; ttl <= limit; ttl += 1) {
    const result = walk(network, { ...probe, ttl });
    const { outcome, dropped } = result;
    const expired = dropped?.leg === "forward" && dropped.why.kind === "ttl" && outerTtlLeft(result);
    const { icmpFrom } = result;
    if (!expired) return { hops, nodes, outcome, ...(icmpFrom === undefined ? {} : { icmpFrom }) };
    hops.push(outcome === "ttl-exceeded" ? (icmpFrom ?? "*") : "*");
    nodes.push(dropped.node);
  }
  return { hops, nodes, outcome: "ttl-exceeded" };
}

/** The largest IPv4 packet (RFC 791, total length). A namespace's own addresses take it: lo has an MTU of 65536. */
const LARGEST = 65_535;

/**
 * The largest packet with DF set that arrives whole, in bytes; undefined when not even a small one gets there.
 * What a router says would fit is tried next; a link that drops in silence is found the same way, as a prober finds it
 * by halving.
 */
export function pathMtu(network: Network, probe: Probe): number | undefined {
  let size = LARGEST;
  for (let tries = 0; tries < DEFAULT_TTL; tries += 1) {
    const { outcome, dropped } = walk(network, { ...probe, size, df: true });
    if (outcome === "ok") return size;
    if (dropped?.why.kind !== "mtu") return undefined;
    // The receiver of a link lets a frame pass that is larger by a VLAN tag; all else is exact.
    const next = dropped.where === "link" ? dropped.why.mtu + 4 : dropped.why.mtu;
    if (next >= size) return undefined;
    size = next;
  }
  return undefined;
}

function outerTtlLeft({ forward }: Walk): boolean {
  return forward.at(-1)?.inside === undefined;
}
