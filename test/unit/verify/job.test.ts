import { describe, expect, test } from "vitest";
import type { Expectation } from "../../../infra/expect/check.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { nodeJobs } from "../../../lab-scripts/verify/job.ts";
import { PATIENCE } from "../../../lab-scripts/verify/patience.ts";
import { articlePlan, expectation } from "./fixtures.ts";

const plan = articlePlan();
const options = { patience: PATIENCE, readyFile: "/run/podlab/ready" };
const jobsFor = (expectations: readonly Expectation[], wanted = [...expectations.keys()]) =>
  nodeJobs(plan, expectations, wanted, options);

describe("grouping", () => {
  test("one job a node; pods by their pause containers, a node as itself", () => {
    const jobs = jobsFor([
      expectation({ from: "host01/web" }),
      expectation({ from: "host02/web", to: "host01/web" }),
      expectation({ from: "host01/db" }),
      expectation({ from: "host01", kind: "icmp" }),
    ]);
    expect(jobs.map(({ node, container }) => [node, container])).toEqual([
      ["host01", "test.host01"],
      ["host02", "test.host02"],
    ]);
    expect(jobs[0]!.job.sources.map(({ id, netns }) => [id, netns])).toEqual([
      ["host01/web", { pause: "web.pause" }],
      ["host01/db", { pause: "db.pause" }],
      ["host01", "self"],
    ]);
    expect(jobs[0]!.numbers.toSorted()).toEqual([0, 2, 3]);
    expect(jobs[0]!.job).toMatchObject({ ready: { path: "/run/podlab/ready", timeout: 30 }, gate: 60 });
  });

  test("facts are no probes, but the node is asked for them", () => {
    const [job] = jobsFor([expectation({ kind: "fact", id: "fact state host01/web:app" })]);
    expect(job!.job).toMatchObject({ facts: true, sources: [] });
    expect(job!.numbers).toEqual([0]);
  });

  test("sources begin at different targets", () => {
    const from = ["host01/web", "host01/db"];
    const to = ["a", "b", "c", "d"];
    const [job] = jobsFor(
      from.flatMap((source) => to.map((name) => expectation({ from: source, to: name, address: name }))),
    );
    expect(job!.job.sources.map(({ probes }) => probes.map(({ address }) => address).join(""))).toEqual([
      "abcd",
      "cdab",
    ]);
  });

  test("an expectation from nowhere is a programming error", () => {
    expect(() => jobsFor([expectation({ from: "host09/web" })])).toThrow("starts in host09/web, which the plan lacks");
  });
});

describe("probes", () => {
  const probeOf = (changes: Partial<Expectation>) => jobsFor([expectation(changes)])[0]!.job.sources[0]!.probes.at(-1)!;

  test("wait as long as what they wait for takes", () => {
    expect(probeOf({}).timeout).toBe(3.5);
    expect(probeOf({ expected: { outcome: "timeout" } }).timeout).toBe(2);
    expect(probeOf({ expected: { outcome: "no-route" } }).timeout).toBe(4);
    expect(probeOf({ kind: "mtu" }).timeout).toBe(12);
  });

  const nowhere = {
    to: "198.51.100.7",
    address: "198.51.100.7",
    expected: { outcome: "no-route", icmpFrom: "10.240.1.1" },
  } as const;

  test("wait for other sources that may be the same sender to a router without a route", () => {
    const plan = planLab(readLab({ hosts: [{ name: "host01" }], podsPerHost: 8 }, "test"));
    const lost = plan.pods.map(({ id }) => expectation({ ...nowhere, from: id }));
    const jobs = nodeJobs(plan, lost, [...lost.keys()], options);
    expect(jobs[0]!.job.sources[0]!.probes.map(({ timeout }) => timeout)).toEqual([3.5, 7]); // a control, and the probe
  });

  test("wait for the end of silences, which use up what a router has to say", () => {
    const lost = expectation(nowhere);
    const silent = expectation({ from: "host02/web", to: "host01/web", expected: { outcome: "timeout" } });
    const [, probe] = jobsFor([lost, silent])[0]!.job.sources[0]!.probes;
    expect(probe!.timeout).toBe(8);
  });

  test("come late where a router is to say that it has no route, for it says so once a second", () => {
    const lost = (["tcp", "icmp", "udp-closed"] as const).map((kind) => expectation({ ...nowhere, kind }));
    const [, ...probes] = jobsFor(lost)[0]!.job.sources[0]!.probes;
    expect(probes.map(({ kind, timeout, late }) => [kind, timeout, late])).toEqual([
      ["icmp", 4, true],
      ["tcp", 4, true],
      ["udp-closed", 4, true],
    ]);
  });

  test("come together where a neighbour is not there: of that a router tells all who waited", () => {
    const nobody = { to: "192.168.30.9", address: "192.168.30.9" };
    const expected = { outcome: "no-route", icmpFrom: "10.240.2.2" } as const;
    expect(probeOf({ ...nobody, expected })).not.toHaveProperty("late");
  });

  test("ask a server only what it is expected to say", () => {
    expect(probeOf({ expected: { outcome: "ok" } }).ask).toBe(false);
    expect(probeOf({ expected: { outcome: "ok", identity: "host02/web:app" } })).not.toHaveProperty("ask");
  });
});

describe("controls", () => {
  const silent = expectation({ to: "internet", expected: { outcome: "timeout" } });
  const answered = expectation({ kind: "icmp" });

  test("an expected failure is held, and the source's answered probes are its controls", () => {
    const [source] = jobsFor([silent, answered])[0]!.job.sources;
    expect(source!.controls).toEqual(["1"]);
    expect(source!.probes.map(({ id, held }) => [id, held])).toEqual([
      ["1", undefined],
      ["0", true],
    ]);
  });

  test("when only the failure is tried, a control is added from the other expectations", () => {
    const [source] = jobsFor([silent, answered], [0])[0]!.job.sources;
    expect(source!.controls).toEqual(["control: icmp host01/web -> host02/web"]);
    expect(source!.probes.map(({ id }) => id)).toEqual([...source!.controls, "0"]);
  });

  test("when nothing should be answered, the gateway is asked", () => {
    const [source] = jobsFor([silent])[0]!.job.sources;
    expect(source!.controls).toEqual(["control: icmp host01/web -> 192.168.20.1"]);
    expect(source!.probes[0]).toMatchObject({ kind: "icmp", address: "192.168.20.1" });
  });

  test("a source without a default route asks a neighbour", () => {
    const [source] = jobsFor([expectation({ from: "internet", expected: { outcome: "no-route" } })])[0]!.job.sources;
    const uplink = plan.segments.find(({ name }) => name === "internet-net")!;
    expect(source!.controls).toEqual([`control: icmp internet -> ${uplink.router}`]);
  });

  test("without an expected failure there is no need for one", () => {
    expect(jobsFor([answered])[0]!.job.sources[0]!.controls).toEqual([]);
  });
});
