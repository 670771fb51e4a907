/** Which links carried what was checked, and what verification saw of them. */
import type { Hop } from "../../../infra/packet/hop.ts";
import { walk } from "../../../infra/packet/walk.ts";
import type { Lab, Pair } from "./lab.ts";

export interface WireState {
  /** Checks whose packets the model sends over it. */
  readonly total: number;
  readonly failed: number;
  /** `bad`: nothing that crosses it works. `part`: suspect of a failure that no bad link explains. */
  readonly state: "ok" | "bad" | "part";
}

/** Of the links on a failure's path those are suspect that fail nearly as often as the worst of them. */
const SUSPECT = 0.6;

/** By {@link wireKey}. */
export type WireStates = ReadonlyMap<string, WireState>;

/** Returns a link's state. Segments have one whichever their end, veths and tunnels one for each. */
export function stateOf(states: WireStates, link: string, end: string | undefined): WireState | undefined {
  return states.get(wireKey(link, end)) ?? states.get(wireKey(link));
}

export function wireStates(lab: Lab): WireStates {
  const paths = new Paths(lab);
  const counts = new Map<string, { total: number; failed: number }>();
  const crossings = lab.pairs.flatMap((pair) => {
    const judged = lab.judgedOf(pair);
    if (judged.length === 0) return [];
    const failed = judged.filter(({ verdict }) => verdict !== "pass").length;
    return [{ wires: paths.of(pair), total: judged.length, failed }];
  });
  for (const { wires, total, failed } of crossings) {
    for (const key of wires) {
      const count = counts.get(key) ?? { total: 0, failed: 0 };
      counts.set(key, count);
      count.total += total;
      count.failed += failed;
    }
  }
  const bad = new Set([...counts].filter(([, { total, failed }]) => failed === total).map(([key]) => key));
  const share = (key: string) => counts.get(key)!.failed / counts.get(key)!.total;
  const doubtful = new Set(
    crossings.flatMap(({ failed, wires }) => {
      if (failed === 0 || wires.some((key) => bad.has(key))) return [];
      const worst = Math.max(...wires.map(share));
      return wires.filter((key) => share(key) >= worst * SUSPECT);
    }),
  );
  return new Map(
    [...counts].map(([key, count]): [string, WireState] => [
      key,
      { ...count, state: bad.has(key) ? "bad" : doubtful.has(key) ? "part" : "ok" },
    ]),
  );
}

/** The links that a pair's packets cross, by the model: one echo request speaks for all pods of a host. */
class Paths {
  readonly #lab: Lab;
  /** Of pairs alike, by what they have in common: how to tell each link of one of them. */
  readonly #known = new Map<string, readonly ((pair: Pair) => string)[]>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  of(pair: Pair): readonly string[] {
    const { from, to, address } = pair;
    const [source, target] = [this.#lab.netns(from), this.#lab.netns(to)];
    if (!source) return [];
    // Pods of one host differ in nothing but their own veth, unless one asks itself; what is no pod is itself.
    const one = source.role === "pod" && from !== to ? source.node : from;
    const other = target?.role === "pod" && target.node !== source.node ? target.node : `${to} ${address}`;
    const alike = `${source.role} ${one} > ${target?.role} ${other}`;
    let wires = this.#known.get(alike);
    if (wires === undefined) {
      const { forward } = walk(this.#lab.network, { from, to: address, protocol: "icmp" });
      wires = forward.flatMap((hop) => this.#wireOf(hop, pair) ?? []);
      this.#known.set(alike, wires);
    }
    return [...new Set(wires.map((wireOf) => wireOf(pair)))];
  }

  #wireOf({ netns, interface: name }: Hop, { from, to }: Pair): ((pair: Pair) => string) | undefined {
    const at = this.#lab.netns(netns);
    const dev = at?.interfaces.find((one) => one.name === name);
    if (!at || !dev || dev.kind === "bridge") return undefined;
    if (dev.vxlan === undefined && at.role !== "pod") return () => wireKey(dev.link);
    const link = dev.vxlan ? `VXLAN ${dev.vxlan.id}` : dev.link;
    const end = netns === from ? "from" : netns === to ? "to" : undefined;
    return (pair) => wireKey(link, end === undefined ? netns : pair[end]);
  }
}

/** A segment is one line; a bridge has one for each pod, a tunnel one for each host. */
function wireKey(link: string, end?: string): string {
  return end === undefined ? link : `${link} of ${end}`;
}
