/** `subnets: auto`: free on this machine, the same every time, and kept while the lab is there. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { Subnet } from "../../../infra/spec/address.ts";
import { NOTHING_AROUND, type Surroundings, withSubnets } from "../../../infra/spec/freeSubnets.ts";
import type { SpecError } from "../../../infra/spec/problem.ts";
import { readLab } from "../../../infra/spec/read.ts";

interface Chosen {
  segmentPool: string;
  internet: { subnet: string };
}
const AUTO = { subnets: "auto", hosts: 3 };
const choose = (around: Surroundings = NOTHING_AROUND, lab = "lab", spec: object = AUTO) =>
  withSubnets(spec, lab, around) as Chosen;
const route = (subnet: string) => ({ subnet, owner: "a VPN" });

/** The networks of the machine once that lab is up. */
function upOf(chosen: object, lab: string): Surroundings {
  const plan = planLab(readLab(chosen, lab));
  return {
    networks: plan.segments.map(({ network, subnet }) => ({ name: network, lab, subnets: [subnet] })),
    routes: [],
  };
}

test("a spec that does not ask for it is as it was", () => {
  const spec = { hosts: 2, segmentPool: "10.1.0.0/16" };
  expect(withSubnets(spec, "lab", NOTHING_AROUND)).toBe(spec);
  expect(withSubnets("nonsense", "lab", NOTHING_AROUND)).toBe("nonsense");
});

test("the same lab on the same machine: the same subnets; another lab: others", () => {
  expect(choose()).toEqual(choose());
  expect(choose(NOTHING_AROUND, "other")).not.toEqual(choose());
  expect(() => readLab(choose(), "lab")).not.toThrow();
});

test("two labs beside each other, whichever was first, with 64 hosts each", () => {
  const big = { subnets: "auto", hosts: 64 };
  const first = choose(NOTHING_AROUND, "one", big);
  const second = choose(upOf(first, "one"), "two", big);
  const pools = [first.segmentPool, second.segmentPool].map((cidr) => new Subnet(cidr));
  expect(pools[0]!.overlaps(pools[1]!)).toBe(false);
  expect(first.internet.subnet).not.toBe(second.internet.subnet);
});

test("what others use is left to them, and every choice is one that can be built", () => {
  const block = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 9, max: 24 }));
  fc.assert(
    fc.property(fc.array(block, { maxLength: 40 }), fc.string({ maxLength: 12 }), (blocks, lab) => {
      const routes = blocks.map(([second, prefix]) => route(new Subnet(`10.${second}.0.0/${prefix}`).toString()));
      const chosen = choose({ networks: [], routes }, lab);
      for (const { subnet } of routes) expect(new Subnet(subnet).overlaps(new Subnet(chosen.segmentPool))).toBe(false);
      expect(() => readLab(chosen, "lab")).not.toThrow();
    }),
    { numRuns: 100 },
  );
});

test("a lab that is up keeps its subnets, whatever comes around it, and when a host is added", () => {
  const first = choose();
  const up = upOf(first, "lab");
  // What would have moved a new lab: somebody takes the place before it.
  const crowded = { ...up, routes: [route("172.16.0.0/12"), route("198.51.100.0/24")] };
  expect(choose(crowded)).toEqual(first);
  expect(choose(up, "lab", { subnets: "auto", hosts: 9 }).segmentPool).toBe(first.segmentPool);
});

test("with 10.0.0.0/8 taken by a VPN it goes elsewhere; with everything taken it says so", () => {
  expect(choose({ networks: [], routes: [route("10.0.0.0/8")] }).segmentPool).toMatch(/^(172|100)\./);
  const all = ["10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10"].map(route);
  expect(() => choose({ networks: [], routes: all })).toThrow(/subnets auto finds no free \/17 .* give segmentPool/);
});

test("subnets that are given as well are told, all of them", () => {
  const spec = {
    subnets: "auto",
    segmentPool: "10.1.0.0/16",
    internet: { subnet: "203.0.113.0/24" },
    hosts: [{ name: "a", segment: "10.1.1.0/24", address: "10.1.1.2" }],
  };
  try {
    choose(NOTHING_AROUND, "lab", spec);
    expect.unreachable();
  } catch (error) {
    expect((error as SpecError).problems.map(({ path }) => path)).toEqual([
      "segmentPool",
      "internet.subnet",
      "hosts[0].segment",
      "hosts[0].address",
    ]);
  }
});
