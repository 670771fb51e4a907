/** Random pairs of damages: drawn again by their seed, and what is asked of both at once. */
import { expect, test } from "vitest";
import { DAMAGE } from "../../lab/recovery/damage.ts";
import { pairs, together } from "../../lab/recovery/pairs.ts";

const named = (name: string) => DAMAGE.find((one) => one.name === name)!;

test("a seed draws the same pairs again, another one others", () => {
  const drawn = (seed: number) => {
    const source = pairs(seed);
    return Array.from({ length: 40 }, () => source.next().value!.name);
  };
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
  expect(new Set(drawn(7)).size).toBeGreaterThan(35);
});

test("both are told, whichever comes first", () => {
  const [inPod, inRouter] = [named("a rule in a pod"), named("a mangle rule")];
  for (const pair of [together(inPod, inRouter), together(inRouter, inPod)]) {
    expect(pair.seen.toSorted()).toEqual(["host01-state: update", "router-state: update"]);
    expect([pair.told].flat()).toHaveLength(2);
    expect(pair.by).toHaveLength(2);
  }
});

test("what the other hides is not asked for, and is done first", () => {
  const pair = together(named("host stopped"), named("an interface down in a pod"));
  expect(pair.by[0]).toContain("ip link set eth0 down");
  expect(pair.told).toEqual([]);
  expect(pair.seen).toEqual(["host02-state: update", "host02: update"]);
  expect(together(named("host removed"), named("host stopped")).seen).toContain("host02: create");
});

test("of two at one container the last is told", () => {
  const pair = together(named("app container paused"), named("pod with a wrong address"));
  expect([pair.told].flat()).toHaveLength(2);
  const same = together(
    named("app container made over by hand, off its pod's network"),
    named("app container removed"),
  );
  expect(same.told).toEqual([named("app container removed").told]);
});
