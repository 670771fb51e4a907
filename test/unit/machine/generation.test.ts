import { expect, test } from "vitest";
import { generationOf, NOTHING_SEEN, type Observations } from "../../../infra/machine/observe.ts";

const [host01, pod] = [{ name: "host01" }, { name: "pod-web" }];
const stored = new Map([["host01/pod-web", { generation: 3, digest: "" }]]);
const there = new Set(["host01"]);

test.each<readonly [string, Partial<Observations>, number | undefined]>([
  ["as its node has stored it", { units: stored, answered: there }, 3],
  ["the first in a node that is yet to be made", {}, 1],
  ["unknown in a node that can't be asked", { units: stored, silent: there }, undefined],
])("a unit's generation: %s", (_, seen, generation) => {
  expect(generationOf({ ...NOTHING_SEEN, ...seen }, host01, pod)).toBe(generation);
});

test("a unit that its node does not know has one that it never had before, and the same all along a run", () => {
  const seen = { ...NOTHING_SEEN, answered: there };
  const generation = generationOf(seen, host01, pod)!;
  expect(generation).toBeGreaterThan(1_700_000_000);
  expect(generationOf(seen, host01, pod)).toBe(generation);
});
