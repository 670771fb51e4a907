import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Pair, sample } from "../../../infra/expect/sample.ts";

/** Every pod of every host to every other. */
function mesh(hosts: number, pods: number, checks = 1): Pair[] {
  const all = Array.from({ length: hosts }, (_, host) =>
    Array.from({ length: pods }, (_, pod) => ({ host: `h${host}`, name: `h${host}/p${pod}` })),
  ).flat();
  return all.flatMap((from) =>
    all
      .filter((to) => to !== from)
      .map((to) => ({ from: from.name, to: to.name, fromHost: from.host, toHost: to.host, checks })),
  );
}

describe("sample", () => {
  it("takes all where all fits", () => {
    const pairs = mesh(3, 2, 3);
    expect(sample(pairs, 90)).toEqual({ chosen: pairs, leftOut: [] });
  });

  it("keeps the given order", () => {
    const pairs = mesh(4, 3);
    const { chosen } = sample(pairs, 60);
    expect(chosen).toEqual(pairs.filter((pair) => chosen.includes(pair)));
  });

  it("does not depend on the order given", () => {
    const pairs = mesh(4, 3);
    const names = (list: readonly Pair[]) => new Set(list.map(({ from, to }) => `${from} ${to}`));
    expect(names(sample(pairs.toReversed(), 60).chosen)).toEqual(names(sample(pairs, 60).chosen));
  });

  it("covers each two hosts, and each pod as source and target, whatever the limit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 400 }),
        (hosts, pods, limit) => {
          const pairs = mesh(hosts, pods);
          const { chosen, leftOut } = sample(pairs, limit);
          expect(chosen.length + leftOut.length).toBe(pairs.length);
          const meeting = (list: readonly Pair[]) =>
            new Set(list.map(({ fromHost, toHost }) => `${fromHost} ${toHost}`));
          expect(meeting(chosen)).toEqual(meeting(pairs));
          expect(new Set(chosen.map(({ from }) => from))).toEqual(new Set(pairs.map(({ from }) => from)));
          expect(new Set(chosen.map(({ to }) => to))).toEqual(new Set(pairs.map(({ to }) => to)));
          // A cover needs no more than one pair for each two hosts, and one or two more for each pod.
          expect(chosen.length).toBeLessThanOrEqual(Math.max(limit, hosts * hosts + 2 * hosts * pods));
        },
      ),
    );
  });

  it("fills up to the limit, counting checks", () => {
    const { chosen } = sample(mesh(3, 4, 3), 200);
    expect(chosen.length).toBe(66);
  });
});
