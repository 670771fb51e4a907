/** Many random labs, several at once; what differs is shrunk to the least that still does, and told. */
import fc from "fast-check";
import { OUTCOMES } from "../../infra/spec/outcome.ts";
import { type Comparison, compare } from "./compare.ts";
import { story } from "./story.ts";
import { type Topology, topology } from "./topology.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly count: number;
  /** Which labs; any unless told. */
  readonly among?: fc.Arbitrary<Topology>;
  /** Only this case of the seed, counted from 0. */
  readonly only?: number | undefined;
  /** Labs at once. They wait for silence most of the time. */
  readonly sideBySide?: number;
  /** Milliseconds for shrinking one failing case. */
  readonly shrinkFor?: number;
  readonly log?: (line: string) => void;
  /** How a lab is held against the model. */
  readonly comparing?: (topology: Topology) => Promise<Comparison>;
}

export interface Campaign {
  readonly labs: number;
  readonly probes: number;
  /** Probes that differed once and not when asked again. */
  readonly retried: number;
  /** A story for each failing case. */
  readonly failures: readonly string[];
  readonly summary: string;
}

const SIDE_BY_SIDE = 10;
const SHRINK_FOR = 90_000;

export async function campaign(options: CampaignOptions): Promise<Campaign> {
  const { seed, count, only, log = () => {}, comparing = (one) => compare(one), among = topology } = options;
  const started = performance.now();
  const cases = fc.sample(among, { seed, numRuns: count });
  const chosen = [...cases.entries()].filter(([at]) => only === undefined || at === only);
  const tally = new Tally();
  const failed: { at: number; topology: Topology; what: Comparison | Error }[] = [];
  const waiting = [...chosen];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [at, one] = next;
      const what = await comparing(one).catch((error: Error) => error);
      if (!(what instanceof Error)) {
        tally.add(what);
        const [flake] = what.retried;
        if (flake) {
          const others = what.retried.length > 1 ? ` (and ${what.retried.length - 1} more)` : "";
          log(`case ${at}: asked again, then as the model says: ${flake.expectation.id}: ${flake.reason}${others}`);
        }
      }
      const wrong = what instanceof Error || what.differences.length > 0;
      if (wrong) {
        failed.push({ at, topology: one, what });
        log(`case ${at}: ${what instanceof Error ? what.message : `${what.differences.length} checks differ`}`);
      }
      if (tally.labs % 25 === 0 && !wrong)
        log(`${tally.labs} of ${chosen.length} labs, ${tally.probes} probes, ${since(started)}`);
    }
  };
  await Promise.all(Array.from({ length: options.sideBySide ?? SIDE_BY_SIDE }, worker));
  const lasted = since(started);
  const failures: string[] = [];
  for (const one of failed.sort((a, b) => a.at - b.at)) {
    failures.push(await told(one, options, failures.length < 3));
  }
  const differences = failed.length === 0 ? "no difference" : `${failed.length} labs with differences`;
  const summary = `seed ${seed}: ${chosen.length} labs, ${tally.text()} in ${lasted}; ${differences}, ${tally.retried} probes asked again`;
  return { labs: tally.labs, probes: tally.probes, retried: tally.retried, failures, summary };
}

async function told(
  { at, topology: whole, what }: { at: number; topology: Topology; what: Comparison | Error },
  { seed, count, shrinkFor = SHRINK_FOR, comparing = (one) => compare(one), among = topology }: CampaignOptions,
  worthShrinking: boolean,
): Promise<string> {
  const replay = `replay: npm run test:differential -- --seed ${seed}${count > 200 ? ` --count ${count}` : ""} --case ${at}`;
  const smallest = worthShrinking && shrinkFor > 0 ? await shrunk(among, seed, at, shrinkFor, comparing) : undefined;
  const { topology: least, what: seen, tries } = smallest ?? { topology: whole, what, tries: 0 };
  const head = `case ${at}${tries > 0 ? ` (the least of ${tries} tries)` : ""}`;
  const body = seen instanceof Error ? `${seen.message}\n    ${JSON.stringify(least)}` : story(least, seen.differences);
  return `${head}\n${body}\n  ${replay}`;
}

/** fast-check tries ever smaller labs, until time is up. */
async function shrunk(
  among: fc.Arbitrary<Topology>,
  seed: number,
  at: number,
  milliseconds: number,
  comparing: (topology: Topology) => Promise<Comparison>,
) {
  let least: { topology: Topology; what: Comparison | Error } | undefined;
  let tries = 0;
  const property = fc.asyncProperty(among, async (one) => {
    tries += 1;
    const what = await comparing(one).catch((error: Error) => error);
    if (!(what instanceof Error) && what.differences.length === 0) return;
    least = { topology: one, what };
    throw new Error("differs");
  });
  await fc.check(property, { seed, path: String(at), numRuns: 1, interruptAfterTimeLimit: milliseconds });
  return least && { ...least, tries };
}

class Tally {
  labs = 0;
  probes = 0;
  retried = 0;
  readonly #outcomes = new Map<string, number>();

  add({ expectations, retried }: Comparison): void {
    this.labs += 1;
    this.probes += expectations.length;
    this.retried += retried.length;
    for (const { expected } of expectations) {
      this.#outcomes.set(expected.outcome, (this.#outcomes.get(expected.outcome) ?? 0) + 1);
    }
  }

  text(): string {
    const parts = OUTCOMES.flatMap((one) => (this.#outcomes.has(one) ? [`${one} ${this.#outcomes.get(one)}`] : []));
    return `${this.probes} probes (${parts.join(", ")})`;
  }
}

function since(started: number): string {
  return `${Math.round((performance.now() - started) / 1000)} s`;
}
