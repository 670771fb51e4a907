/** One expectation of the model, and what is noted of the way that its packets come. */

import type { Network } from "../packet/network.ts";
import type { Walk } from "../packet/walk.ts";
import { isIPv6 } from "../spec/address.ts";
import type { Expectation, Result } from "./check.ts";
import { familyMark, type Source, type Target } from "./endpoints.ts";
import { type OnWalk, type PairKind, resultsOf } from "./result.ts";
import { pairOf } from "./sample.ts";

/**
 * By pair (`host01/web -> host02/web`), the nodes that packets of its checks come through, there and back, ANYBODY among them
 * where they end because nobody has an address: known once what is expected of them is.
 */
export type Ways = Map<string, Set<string>>;

/** No node's name. */
export const ANYBODY = "*";

/**
 * One expectation of the model. Its id says what is probed, from where and to whom, and by what unless by IPv4. What is expected
 * is computed when somebody wants to know: of a large lab that takes a second, and after a change most of it is left out.
 */
export function expectation(
  network: Network,
  kind: PairKind,
  source: Source,
  target: Target,
  port?: number,
  ways?: Ways,
): Expectation {
  return new Computed(network, kind, source, target, port, ways);
}

/** A class, for a large lab has tens of thousands of them: as objects with functions of their own they take four times as long. */
class Computed implements Expectation {
  readonly id: string;
  readonly kind: PairKind;
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly family?: 6;
  readonly port?: number;
  readonly origin = "model";
  readonly #network: Network;
  readonly #ways: Ways | undefined;
  #sights: readonly [Result, ...Result[]] | undefined;

  constructor(
    network: Network,
    kind: PairKind,
    { netns }: Source,
    { name, address }: Target,
    port: number | undefined,
    ways: Ways | undefined,
  ) {
    this.id = `${kind} ${netns} -> ${port === undefined ? name : `${name}:${port}`}${familyMark(address)}`;
    this.kind = kind;
    this.from = netns;
    this.to = name;
    this.address = address;
    if (isIPv6(address)) this.family = 6;
    if (port !== undefined) this.port = port;
    this.#network = network;
    this.#ways = ways;
  }

  get expected(): Result {
    return this.#known()[0];
  }

  get or(): readonly Result[] | undefined {
    const [, ...or] = this.#known();
    return or.length > 0 ? or : undefined;
  }

  #known(): readonly [Result, ...Result[]] {
    const { kind, from, address, port } = this;
    this.#sights ??= resultsOf(this.#network, kind, from, address, port, this.#ways && noting(this.#ways, this));
    return this.#sights;
  }
}

function noting(ways: Ways, { from, to }: Expectation): OnWalk {
  const pair = pairOf({ from, to });
  const nodes = ways.get(pair) ?? new Set();
  ways.set(pair, nodes);
  return ({ forward, reply, dropped, errorDropped }: Walk) => {
    for (const { node } of forward) nodes.add(node);
    for (const { node } of reply) nodes.add(node);
    for (const drop of [dropped, errorDropped]) {
      if (drop) nodes.add(drop.node);
      if (drop?.why.kind === "no-neighbour") nodes.add(ANYBODY);
    }
  };
}
