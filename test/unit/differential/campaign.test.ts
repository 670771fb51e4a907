import { describe, expect, test } from "vitest";
import { campaign } from "../../differential/campaign.ts";
import type { Comparison } from "../../differential/compare.ts";
import { questions } from "../../differential/questions.ts";
import { stateOf, type Topology } from "../../differential/topology.ts";

const drops = ({ edits }: Topology) =>
  edits.filter((edit) => edit.do === "filter" && edit.rule.action === "drop" && edit.rule.chain === "FORWARD");

/** A kernel that forwards what it was told to drop. */
async function forgetful(topology: Topology): Promise<Comparison> {
  const { plan, wanted } = stateOf(topology);
  const expectations = questions(plan, wanted);
  const [expectation] = drops(topology).length > 0 ? expectations : [];
  const difference = expectation && { expectation, observed: { outcome: "ok" as const }, reason: "it forgot" };
  return { expectations, differences: difference ? [difference] : [], retried: [], buildMs: 0, probeMs: 0 };
}

describe("a campaign", () => {
  test("tells the least lab that still differs, and how to see it again", async () => {
    const { failures, labs } = await campaign({ seed: 1, count: 30, comparing: forgetful, shrinkFor: 20_000 });
    expect(labs).toBe(30);
    expect(failures.length).toBeGreaterThan(1);
    const [first] = failures;
    const number = /^case (\d+) \(the least of \d+ tries\)/.exec(first!)![1];
    const { topology } = JSON.parse(/as a named case .*\n\s*(.*)/.exec(first!)![1]!);
    // One mutation may be two edits: what is established passes, the rest is dropped.
    expect(topology.edits.length).toBeLessThanOrEqual(2);
    expect(topology.spec.hosts).toHaveLength(1);
    expect(first).toContain("FORWARD");
    expect(first).toContain("it forgot");
    expect(first).toContain(`replay: npm run test:differential -- --seed 1 --case ${number}`);
    const again = await campaign({ seed: 1, count: 30, only: Number(number), comparing: forgetful, shrinkFor: 0 });
    expect(again.labs).toBe(1);
    expect(again.failures[0]).toMatch(`case ${number}\n`);
  });

  test("a seed stands for its labs, however many are asked for", async () => {
    const seen = async (count: number) => {
      const labs: Topology[] = [];
      const comparing = (one: Topology) => {
        labs.push(one);
        return forgetful({ ...one, edits: [] });
      };
      await campaign({ seed: 7, count, comparing });
      return labs;
    };
    expect((await seen(12)).slice(0, 5)).toEqual(await seen(5));
  });

  test("a lab that can't be built is a failure that says why", async () => {
    const comparing = () => Promise.reject(new Error("setting router: RTNETLINK answers: File exists"));
    const { failures } = await campaign({ seed: 1, count: 1, comparing, shrinkFor: 0 });
    expect(failures[0]).toContain("File exists");
  });
});
