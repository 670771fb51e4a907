/** A lab of both families in namespaces: the model's expectations against real packets, and faults of one family. */
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { changedBy, expectedUnder } from "../../lab-scripts/faults/expected.ts";
import { FAULTS } from "../../lab-scripts/faults/faults.ts";
import { noteText } from "../../lab-scripts/faults/inject.ts";
import { type VerifyOptions, verify } from "../../lab-scripts/lab/verify.ts";
import { exitCodeOf } from "../../lab-scripts/report/report.ts";
import type { Report } from "../../lab-scripts/report/schema.ts";
import { onThisMachine } from "./agent.ts";
import { PlannedLab } from "./planned.ts";

const hosts = ["192.168.20.0/24", "192.168.30.0/24"].map((podSubnet, at) => ({
  name: `host0${at + 1}`,
  podSubnet,
  pods: [{ name: "web" }, { name: "db" }],
}));
const plan = planLab(readLab({ hosts, ipv6: "fd00:10:252::/48" }, "netns"));
const lab = new PlannedLab(plan);
// Facts are read off an engine, and there is none here.
const computed = expectations(plan).expectations.filter(({ kind }) => kind !== "fact");
const undo: (() => void)[] = [];

beforeAll(() => lab.build());
afterAll(() => lab.remove());
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

const OPTIONS: VerifyOptions = { readyFile: null, nodeExec: onThisMachine, netnsLocator: lab.netnsLocator };

/** Does a fault as `npm run fault` does, and checks against the model of the lab that has it. */
async function under(words: string, again?: string): Promise<{ report: Report; changed: ReadonlySet<string> }> {
  const [name, ...args] = words.split(" ");
  const fault = FAULTS.find((one) => one.name === name)!.aim(plan, args);
  for (const act of fault.acts.flatMap((one) => ("node" in one ? [one] : []))) {
    const file = join(tmpdir(), `podlab-${process.pid}-${act.node}.fault`);
    writeFileSync(file, noteText([words], act));
    lab.in(act.node, `sh ${file} inject`);
    undo.push(() => {
      lab.in(act.node, `sh ${file} undo`);
      if (again) lab.in(act.node, again);
      rmSync(file);
    });
  }
  const expected = expectedUnder(fault, plan);
  const wanted = expected.expectations.filter(({ kind }) => kind !== "fact");
  const report = await verify(expected.plan, wanted, OPTIONS);
  return { report, changed: new Set(changedBy(fault, plan).map(({ now }) => now.id)) };
}

const open = ({ checks }: Report) => checks.filter(({ verdict }) => verdict !== "pass");
const reasons = (report: Report) => open(report).map(({ id, reason }) => `${id}: ${reason}`);

test("a healthy lab is as the model says by both families", async () => {
  const report = await verify(plan, computed, OPTIONS);
  expect(reasons(report)).toEqual([]);
  const six = report.checks.filter(({ family }) => family === 6);
  expect(six.length).toBe(report.checks.length / 2);
  expect(exitCodeOf(report)).toBe(0);
});

describe("what breaks IPv6 alone is explained", () => {
  const asked = computed.filter(({ kind, from, to }) => kind === "icmp" && from === "host01/web" && to !== "host01/db");

  test.each([
    {
      where: "router",
      command: "ip -6 route del fd00:10:252:102::/64",
      back: "ip -6 route add fd00:10:252:102::/64 via fd00:10:252:2::2",
      cause:
        "left host01 eth0, arrived at router (host01-net), never left it: router has no route to fd00:10:252:102::/64",
    },
    {
      where: "router",
      command: "ip6tables -I FORWARD -d fd00:10:252:102::2 -j DROP",
      back: "ip6tables -D FORWARD -d fd00:10:252:102::2 -j DROP",
      cause: 'router drops it by its FORWARD rule "-d fd00:10:252:102::2/128 -j DROP"',
    },
    {
      where: "host01",
      command: "sysctl -qw net.ipv6.conf.all.forwarding=0",
      back: "sysctl -qw net.ipv6.conf.all.forwarding=1",
      cause: "host01 does not forward packets (net.ipv6.conf.all.forwarding is 0)",
    },
  ])("$where: $command", async ({ where, command, back, cause }) => {
    lab.in(where, command);
    undo.push(() => lab.in(where, back));
    const report = await verify(plan, asked, { ...OPTIONS, diagnose: true });
    expect(report.findings.map((one) => one.cause)).toEqual([expect.stringContaining(cause)]);
    expect(open(report).every(({ family }) => family === 6)).toBe(true);
  });
});

describe("a fault of one family hits what the model says, and nothing of the other", () => {
  const back = "ip -6 route add fd00:10:252:102::/64 via fd00:10:252:2::2";

  test.each([
    { words: "route-withdraw fd00:10:252:102::/64", ends: "no-route", undo: back },
    { words: "drop router fd00:10:252:102::2", ends: "timeout" },
    { words: "reject host02 fd00:10:252:102::2", ends: "refused" },
  ])("$words", async ({ words, ends, undo: again }) => {
    const { report, changed } = await under(words, again);
    expect(reasons(report)).toEqual([]);
    const hit = report.checks.filter(({ id }) => changed.has(id));
    expect(new Set(hit.map(({ family }) => family))).toEqual(new Set([6]));
    expect(hit.map(({ observed }) => observed.outcome)).toContain(ends);
    expect(exitCodeOf(report)).toBe(0);
  });

  test.each([
    { words: "mtu host02:cbr0 1400", told: "fd00:10:252:2::2" },
    { words: "mtu router:host02-net 1400", told: "fd00:10:252:1::1" },
  ])("$words: IPv4's packets are split, of IPv6's it is said that they are too big", async ({ words, told }) => {
    const { report } = await under(words);
    expect(reasons(report)).toEqual([]);
    const { observed } = report.checks.find(({ id }) => id === "mtu host01/web -> host02/web (IPv6)")!;
    expect(observed).toMatchObject({ mtu: 1400, icmpFrom: told });
  });
});
