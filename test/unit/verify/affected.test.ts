import { describe, expect, test } from "vitest";
import { type Expectation, sightsExpected } from "../../../infra/expect/check.ts";
import { ANYBODY } from "../../../infra/expect/expectation.ts";
import { expectations } from "../../../infra/expect/expectations.ts";
import { pairOf } from "../../../infra/expect/sample.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { affectedBy } from "../../../lab-scripts/verify/affected.ts";

function labOf(network: string, edit: (plan: LabPlan) => LabPlan = (plan) => plan) {
  const spec = { hosts: 4, podsPerHost: 3, network };
  const plan = edit(planLab(readLab(spec, "change")));
  const ways = new Map<string, Set<string>>();
  const all = expectations(plan, { ways }).expectations;
  expect(ways.size).toBe(0); // known once what is expected is
  all.forEach(sightsExpected);
  const wayOf = (one: Expectation) => (one.kind === "fact" ? undefined : ways.get(pairOf(one)));
  const probed = (...changed: string[]) => chosenOf(plan, ways, all, new Set(changed));
  return { plan, all, ways, wayOf, probed };
}

/** Those of `all` that are to be probed. */
function chosenOf(
  plan: LabPlan,
  ways: ReadonlyMap<string, ReadonlySet<string>>,
  all: readonly Expectation[],
  changed: ReadonlySet<string> = new Set(),
) {
  const { expectations: chosen, passedOver } = expectations(plan, { choose: affectedBy(plan, ways, changed) });
  const ids = new Set(chosen.map(({ id }) => id));
  const checks = all.filter(({ id }) => ids.has(id));
  expect(checks).toHaveLength(chosen.length);
  return { checks, leftOut: passedOver };
}

const hostOf = (name: string) => name.split("/")[0]!;

describe.each(["routed", "overlay"])("a %s lab", (network) => {
  const { plan, all, ways, wayOf, probed } = labOf(network);
  const packets = all.filter(wayOf);

  test("the model tells which nodes packets come through, of all that leave their pod", () => {
    const others = all.filter((one) => !packets.includes(one));
    expect(others.filter(({ from, to }) => to.split(":")[0] !== from)).toEqual([]);
    expect(packets.filter((one) => !wayOf(one)!.has(hostOf(one.from)))).toEqual([]);
    expect([...ways.get("host01/pod1 -> host02/pod1")!].sort()).toEqual(["host01", "host02", "router"]);
    expect([...ways.get("host01/pod1 -> host01/pod2")!]).toEqual(["host01"]);
  });

  test("after a change of a host all that comes from it, goes to it or through it is probed", () => {
    const ids = new Set(probed("host02").checks.map(({ id }) => id));
    const concerned = packets.filter((one) => [hostOf(one.from), hostOf(one.to), ...wayOf(one)!].includes("host02"));
    expect(concerned.length).toBeGreaterThan(100);
    expect(concerned.filter(({ id }) => !ids.has(id))).toEqual([]);
  });

  test("after a pod was added, all that comes from it or goes to it", () => {
    const { checks, leftOut } = probed("host02/pod3");
    const concerned = all.filter(({ from, to }) => [from, to].includes("host02/pod3"));
    expect(concerned.length).toBeGreaterThan(30);
    expect(concerned.filter((one) => !checks.includes(one))).toEqual([]);
    expect(leftOut).toBeGreaterThan(probed("host02").leftOut);
  });

  test("after a change of the router, all that crosses it; not all that stays on a host", () => {
    const { checks, leftOut } = probed("router");
    const crossing = packets.filter((one) => wayOf(one)!.has("router"));
    expect(crossing.filter((one) => !checks.includes(one))).toEqual([]);
    expect(leftOut).toBeGreaterThan(0);
  });

  test("of the rest a sample is probed: each two hosts, each pod as source and as target; and what is left out is counted", () => {
    const { checks, leftOut } = probed("host02");
    expect(checks.length + leftOut).toBe(all.length);
    expect(leftOut).toBeGreaterThan(all.length / 4);
    const icmp = checks.filter(({ kind }) => kind === "icmp");
    const hosts = plan.nodes.filter(({ role }) => role === "host").map(({ name }) => name);
    const between = new Set(icmp.map(({ from, to }) => `${hostOf(from)} ${hostOf(to)}`));
    for (const from of hosts)
      for (const to of [...hosts, "router", "internet"]) expect(between).toContain(`${from} ${to}`);
    for (const { id } of plan.pods) {
      expect(icmp.some(({ from }) => from === id)).toBe(true);
      expect(icmp.some(({ to }) => to === id)).toBe(true);
    }
  });

  test("facts cost no packet: they are always read", () => {
    const facts = all.filter(({ kind }) => kind === "fact");
    expect(probed("host02").checks.filter(({ kind }) => kind === "fact")).toEqual(facts);
  });

  test("once all nodes changed, all is probed", () => {
    expect(probed(...plan.nodes.map(({ name }) => name))).toEqual({ checks: all, leftOut: 0 });
  });
});

test("what nobody knows the way of is probed", () => {
  const { plan, all, ways, probed } = labOf("routed");
  const one = all.find((each) => !probed().checks.includes(each))!;
  ways.delete(pairOf(one));
  expect(chosenOf(plan, ways, all).checks).toContain(one);
});

test("where nobody has the address that packets are for, whatever is new might: they are sent again", () => {
  const nobody = (plan: LabPlan): LabPlan => ({
    ...plan,
    netns: plan.netns.map((one) => (one.id === "internet" ? { ...one, interfaces: [] } : one)),
  });
  const { all, wayOf, probed } = labOf("routed", nobody);
  const lost = all.filter((one) => one.kind === "icmp" && one.to === "internet");
  expect(lost.map((one) => wayOf(one)!.has(ANYBODY))).toEqual(lost.map(() => true));
  expect(probed().checks).toEqual(expect.arrayContaining(lost));
});

test("what a limit had left out when all passed is probed when it is chosen now", () => {
  const { plan, all } = labOf("routed");
  const ways = new Map<string, Set<string>>();
  expectations(plan, { limit: 600, ways }).expectations.forEach(sightsExpected);
  const { checks } = chosenOf(plan, ways, all);
  const unproved = all.filter((one) => !ways.has(pairOf(one)));
  expect(unproved.length).toBeGreaterThan(100);
  expect(unproved.filter((one) => !checks.includes(one))).toEqual([]);
  expect(checks.length).toBeLessThan(all.length);
});
