/** Large labs: who is asked, what is left out, and that any pair can be had. */
import { expect, test } from "vitest";
import { expectations } from "../../../infra/expect/expectations.ts";
import { hostPairs } from "../../../infra/expect/hostPairs.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const planned = (hosts: number) => planLab(readLab({ hosts, podsPerHost: 1 }, "test"));
const large = planned(100);
const names = large.nodes.flatMap(({ name, role }) => (role === "host" ? [name] : []));

test("each host asks as many, is asked by as many, and all is reached by way of others", () => {
  const meets = hostPairs(large);
  const asked = names.map((from) => names.filter((to) => meets(from, to)));
  expect(new Set(asked.map(({ length }) => length))).toEqual(new Set([8]));
  expect(new Set(names.map((to) => names.filter((from) => meets(from, to)).length))).toEqual(new Set([8]));
  const reached = new Set([names[0]!]);
  for (const name of reached) for (const to of names) if (meets(name, to)) reached.add(to);
  expect(reached.size).toBe(100);
});

test("in another turn others are asked; in a small lab each asks each", () => {
  const [one, other] = [hostPairs(large, 0), hostPairs(large, 1)];
  expect(names.filter((to) => one(names[0]!, to))).not.toEqual(names.filter((to) => other(names[0]!, to)));
  const small = hostPairs(planned(64));
  expect(small("host01", "host33")).toBe(true);
});

test("what is left out is counted, a pair that is asked for is had, and without a limit nothing is left out", () => {
  const { expectations: some, leftOut } = expectations(large, { limit: 1_000_000 });
  const all = expectations(large, { limit: Number.POSITIVE_INFINITY });
  expect(all.leftOut).toEqual([]);
  const kinds = new Set(["path", "mtu"]); // of one pod of each host, and not among what a limit is for
  const matrix = (list: typeof some) => list.filter(({ kind }) => !kinds.has(kind)).length;
  expect(leftOut.map(({ count }) => count)).toEqual([matrix(all.expectations) - matrix(some)]);
  const wanted = ({ from, to }: { from: string; to: string }) => from === "host01/pod1" && to === "host51/pod1";
  expect(some.some(wanted)).toBe(false);
  expect(
    expectations(large, { wanted })
      .expectations.filter(wanted)
      .map(({ kind }) => kind),
  ).toContain("icmp");
});
