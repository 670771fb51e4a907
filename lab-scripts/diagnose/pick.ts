/** Which failed checks are tried again: few, and of every sort. */
import type { CheckResult } from "../../infra/expect/check.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";

export const MOST_TRIALS = 8;

/** Echoes first: they are the simplest, and where they fail, the rest most often fails for the same reason. */
const ORDER: readonly string[] = ["icmp", "tcp", "udp", "tcp-closed", "udp-closed", "spread", "path", "mtu"];

/**
 * One failed check for each sort, the sorts with the most failures first. Checks are of one sort when they look alike from
 * outside: between the same two nodes, with the same end in sight, and no simpler kind of check failing between their ends.
 */
export function pick(plan: LabPlan, failed: readonly CheckResult[], most = MOST_TRIALS): CheckResult[] {
  const nodeOf = new Map(plan.netns.map(({ id, node }) => [id, node]));
  const simplest = new Map<string, CheckResult>();
  const inOrder = failed.toSorted((a, b) => rank(a) - rank(b));
  for (const check of inOrder) {
    const pair = pairOf(check);
    if (!simplest.has(pair)) simplest.set(pair, check);
  }
  const sorts = Map.groupBy(inOrder, (check) => {
    const { from, to } = check.expectation;
    const ends = `${nodeOf.get(from)} ${from.includes("/")} ${nodeOf.get(to) ?? to} ${to.includes("/")}`;
    const simple = simplest.get(pairOf(check))!;
    const alike = simple.expectation.kind === "icmp" && signature(simple) === signature(check);
    return `${ends} ${signature(check)} ${alike ? "any" : `${check.expectation.kind} ${check.expectation.port}`}`;
  });
  return [...sorts.values()]
    .sort((a, b) => b.length - a.length)
    .slice(0, most)
    .map(([first]) => first!);
}

function rank({ expectation }: CheckResult): number {
  return ORDER.indexOf(expectation.kind);
}

function pairOf({ expectation: { from, to } }: CheckResult): string {
  return `${from} ${to}`;
}

/** What became of it, as its sender saw it. */
function signature({ observed: { outcome, icmpFrom }, expectation: { expected } }: CheckResult): string {
  return `${expected.outcome} ${outcome} ${icmpFrom ?? ""}`;
}
