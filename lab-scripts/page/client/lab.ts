/** The page's data with what is computed from it once: pairs by their ends, and the network that packets are traced through. */
import type { CheckKind } from "../../../infra/expect/check.ts";
import type { Netns } from "../../../infra/packet/netns.ts";
import { Network } from "../../../infra/packet/network.ts";
import { isIPv6 } from "../../../infra/spec/address.ts";
import type { Finding } from "../../diagnose/finding.ts";
import type { Judged } from "../../report/cell.ts";
import type { ReportedCheck } from "../../report/schema.ts";
import type { PageData } from "../page.ts";

export interface Filter {
  readonly kind?: string;
  readonly family?: 4 | 6;
}

/** All that was checked between two ends, at one address. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly checks: readonly ReportedCheck[];
}

export class Lab {
  readonly data: PageData;
  readonly network: Network;
  readonly pairs: readonly Pair[];
  readonly #byEnds: ReadonlyMap<string, readonly Pair[]>;

  constructor(data: PageData) {
    // As findings name them (page.ts).
    const checks = data.checks.map((check, at) => ({ ...check, id: String(at) }));
    this.data = { ...data, checks };
    this.network = new Network(data.plan.netns);
    this.pairs = [...Map.groupBy(checks, ({ from, to, address }) => `${from} ${to} ${address}`).values()].map(
      (ofPair) => ({ ...ofPair[0]!, checks: ofPair }),
    );
    this.#byEnds = Map.groupBy(this.pairs, ({ from, to }) => `${from} ${to}`);
  }

  pairsBetween(from: string, to: string, { family }: Filter = {}): readonly Pair[] {
    const all = this.#byEnds.get(`${from} ${to}`) ?? [];
    return family === undefined ? all : all.filter(({ address }) => familyOf(address) === family);
  }

  /** What a matrix shows of two ends; facts are no packets. */
  judged(from: string, to: string, filter: Filter): readonly Judged[] {
    return this.pairsBetween(from, to, filter).flatMap((pair) => this.judgedOf(pair, filter.kind));
  }

  judgedOf({ checks }: Pair, only?: string): readonly Judged[] {
    return checks.filter(({ kind }) => kind !== "fact" && (only === undefined || kind === only));
  }

  /** The kinds of probe that the report has, in its order. */
  kinds(): CheckKind[] {
    const kinds = new Set(this.data.checks.map(({ kind }) => kind));
    kinds.delete("fact");
    return [...kinds];
  }

  families(): readonly (4 | 6)[] {
    return ([4, 6] as const).filter((family) => this.pairs.some(({ address }) => familyOf(address) === family));
  }

  findingOf({ id }: ReportedCheck): Finding | undefined {
    return this.data.findings.find(({ checks }) => checks.includes(id));
  }

  netns(id: string): Netns | undefined {
    return this.data.plan.netns.find((one) => one.id === id);
  }

  pod(id: string) {
    return this.data.plan.pods.find((one) => one.id === id);
  }

  /** The node that a namespace is in. */
  node(id: string) {
    const node = this.netns(id)?.node ?? id;
    return this.data.plan.nodes.find(({ name }) => name === node);
  }

  /** The container of the machine that a namespace lives in. */
  container(id: string): string {
    return this.node(id)?.container ?? `${this.data.lab}.${this.netns(id)?.node ?? id}`;
  }
}

const familyOf = (address: string): 4 | 6 => (isIPv6(address) ? 6 : 4);
