/**
 * Can verification be trusted? One lab, broken by hand in every way that breakages.ts lists. Each time exactly the checks
 * fail that must, with the outcome their senders see; one finding names the broken node and what is wrong there, and is
 * said to be behind all of them.
 */
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Expectation } from "../../infra/expect/check.ts";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { verify } from "../../lab-scripts/lab/verify.ts";
import { exitCodeOf } from "../../lab-scripts/report/report.ts";
import type { Report, ReportedCheck } from "../../lab-scripts/report/schema.ts";
import { ADDRESSES, type Breakage, FILTERS, FORWARDING, LINKS, NAT, PODS, ROUTES, SPEC } from "./breakages.ts";
import { eventually, TestLab } from "./harness.ts";

const NAME = "test-breakages";
const plan = planLab(readLab(SPEC, NAME));
const computed = expectations(plan).expectations;
/** Ways and sizes are searched for hop by hop, which takes long when nothing answers: only where they are the point. */
const QUICK = new Set(["icmp", "tcp", "tcp-closed", "udp", "udp-closed", "fact"]);
/** Longer than a lost SYN needs to be sent again, shorter than all errors need: what is silent is typed so soon. */
const PATIENCE = { answer: 1_400, mtu: 4_000 };

let lab: TestLab;

beforeAll(async () => {
  lab = await TestLab.create(NAME, SPEC);
  await lab.up();
});

afterAll(async () => {
  expect(await lab?.remove()).toEqual([]);
});

describe.each([
  ["routes", ROUTES],
  ["NAT", NAT],
  ["forwarding", FORWARDING],
  ["links", LINKS],
  ["addresses", ADDRESSES],
  ["filters", FILTERS],
  ["pods", PODS],
] as const)("%s", (_, breakages) => {
  let heal: (() => Promise<string>) | undefined;
  afterEach(async () => {
    await heal?.();
    await forgetVainQuestions();
  });

  test.each(breakages.map((breakage) => [breakage.name, breakage] as const))("%s", async (_, breakage) => {
    heal = () => lab.in(breakage.at, breakage.heal);
    await lab.in(breakage.at, breakage.by);
    const asked = askedOf(breakage);
    const report = await verify(plan, asked, { diagnose: true, patience: PATIENCE });
    const open = report.checks.filter(({ verdict }) => verdict !== "pass");

    const ids = (checks: readonly { readonly id: string }[]) => checks.map(({ id }) => id).toSorted();
    const wanted = new Set(ids(asked.filter(breakage.fails)));
    expect({
      innocent: open.filter(({ id }) => !wanted.has(id)).map(({ id, reason, observed }) => ({ id, reason, observed })),
      missed: report.checks.filter(({ id, verdict }) => wanted.has(id) && verdict === "pass").map(({ id }) => id),
    }).toEqual({ innocent: [], missed: [] });
    expect(exitCodeOf(report)).toBe(open.some(({ verdict }) => verdict === "error") ? 2 : 1);
    expectOutcomes(breakage, open);

    const [finding, ...others] = report.findings;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ node: breakage.at, place: breakage.place });
    expect(finding!.cause).toMatch(breakage.cause);
    expect(finding!.evidence.length).toBeGreaterThan(0);
    expect(finding!.checks.toSorted()).toEqual(ids(open));
  });
});

/**
 * A namespace that asked in vain who has an address goes on for three seconds, and fails whatever was sent meanwhile, though
 * the neighbour is back by then (mcast_solicit and retrans_time in arp(7)): the breakage before would be seen in the next.
 * Neighbours that did answer stay known, as in any lab that is in use.
 */
async function forgetVainQuestions(): Promise<void> {
  const flush = "ip neighbour flush nud incomplete; ip neighbour flush nud failed";
  const pods = "docker ps --quiet --filter label=dev.podlab.pod | xargs -r docker inspect --format '{{.State.Pid}}'";
  const inPods = `for pid in $(${pods}); do nsenter --net=/proc/$pid/ns/net sh -c '${flush}'; done`;
  await Promise.all(plan.nodes.map(({ name, role }) => lab.in(name, role === "host" ? `${flush}; ${inPods}` : flush)));
}

/** `npm run check`, with its whole report. */
async function check() {
  const { exitCode, stderr, report } = await lab.check();
  return { exitCode, stderr, report: report as unknown as Report };
}

function askedOf({ kinds }: Breakage): Expectation[] {
  return computed.filter(({ kind }) => (kinds ? kinds.includes(kind) : QUICK.has(kind)));
}

/** What each sender saw is one of the things that it may see; the breakage's own is among them. */
function expectOutcomes({ as }: Breakage, open: readonly ReportedCheck[]): void {
  for (const check of open) {
    const may = Object.entries(as).flatMap(([outcome, meets]) => (meets(check) ? [outcome] : []));
    expect(may, check.id).toContain(check.observed.outcome);
  }
  expect(open.map(({ observed }) => observed.outcome)).toContain(Object.keys(as)[0]);
}

test("the lab is whole again: not one of the breakages was left", async () => {
  const { exitCode, report } = await check();
  expect(report.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  expect(exitCode).toBe(0);
});

describe("what could not be probed is never a pass: exit code 2", () => {
  test("a node without the probe tool", async () => {
    await lab.in("host01", "mv /usr/local/bin/podlab-node /usr/local/bin/podlab-node.away");
    const { exitCode, report } = await check().finally(() =>
      lab.in("host01", "mv /usr/local/bin/podlab-node.away /usr/local/bin/podlab-node"),
    );
    expect(exitCode).toBe(2);
    const of01 = report.checks.filter(({ from }) => from.startsWith("host01"));
    for (const { id, verdict, observed } of of01) {
      expect({ id, verdict, observed }).toMatchObject({ verdict: "error", observed: { outcome: "probe-error" } });
    }
    const others = report.checks.filter(({ from }) => !from.startsWith("host01"));
    expect(others.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(report.troubles).toMatchObject([{ node: "host01", kind: "broken" }]);
    expect(report.findings).toMatchObject([
      { node: "host01", cause: expect.stringContaining("host01 has no podlab-node") },
    ]);
  });

  test.each([
    ["paused", ["pause"], ["unpause"]],
    ["stopped", ["stop", "-t", "1"], ["start"]],
  ] as const)("a host that is %s", async (_, stop, start) => {
    const host = `${NAME}.host02`;
    await execa("docker", [...stop, host]);
    const { exitCode, report } = await check().finally(() => execa("docker", [...start, host]));
    expect(exitCode).toBe(2);
    expect(report.troubles).toMatchObject([{ node: "host02", kind: "down" }]);
    for (const { from, verdict } of report.checks) if (from.startsWith("host02")) expect(verdict).toBe("error");
    expect(report.findings[0]).toMatchObject({ node: "host02", cause: expect.stringContaining("host02 does not run") });
  });

  test("an internet that is stopped, though nothing is probed from it", async () => {
    const internet = `${NAME}.internet`;
    await execa("docker", ["stop", "-t", "1", internet]);
    const { exitCode, report } = await check().finally(() => execa("docker", ["start", internet]));
    expect(exitCode).toBe(2);
    const open = report.checks.filter(({ verdict }) => verdict !== "pass");
    expect(new Set(open.map(({ to }) => to))).toEqual(new Set(["internet"]));
    expect(report.findings).toMatchObject([{ node: "internet", checks: open.map(({ id }) => id) }]);
  });

  test("a lab without its router is not there", async () => {
    const router = `${NAME}.router`;
    await execa("docker", ["stop", "-t", "1", router]);
    const { exitCode, stderr } = await check().finally(() => execa("docker", ["start", router]));
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`lab ${NAME} is not there`);
  });

  test("and all of them come back by themselves", async () => {
    const passed = await eventually(async () => ((await check()).exitCode === 0 ? true : undefined));
    expect(passed).toBe(true);
  });
});
