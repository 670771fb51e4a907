import type { Network } from "../packet/network.ts";
import { isIPv6 } from "../spec/address.ts";
import type { Expectation, Result } from "./check.ts";
import { familyMark, type Source, type Target } from "./endpoints.ts";
import { type PairKind, resultsOf } from "./result.ts";

/**
 * One expectation of the model. Its id says what is probed, from where and to whom, and by what unless by IPv4. What is expected
 * is computed when somebody wants to know: of a large lab that takes a second.
 *
 * A class, for a large lab has tens of thousands of them: as objects with functions of their own they take four times as long.
 */
export class ModelExpectation implements Expectation {
  readonly id: string;
  readonly kind: PairKind;
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly family?: 6;
  readonly port?: number;
  readonly origin = "model";
  readonly #network: Network;
  #results: readonly [Result, ...Result[]] | undefined;

  constructor(network: Network, kind: PairKind, { netns }: Source, { name, address }: Target, port?: number) {
    this.id = `${kind} ${netns} -> ${port === undefined ? name : `${name}:${port}`}${familyMark(address)}`;
    this.kind = kind;
    this.from = netns;
    this.to = name;
    this.address = address;
    if (isIPv6(address)) this.family = 6;
    if (port !== undefined) this.port = port;
    this.#network = network;
  }

  get expected(): Result {
    return this.#known()[0];
  }

  get or(): readonly Result[] | undefined {
    const [, ...or] = this.#known();
    return or.length > 0 ? or : undefined;
  }

  #known(): readonly [Result, ...Result[]] {
    this.#results ??= resultsOf(this.#network, this);
    return this.#results;
  }
}
