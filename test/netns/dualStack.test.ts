/** A lab of both families in namespaces: the model's expectations against real packets, and faults of one family. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectations } from "../../infra/model/expectations.ts";
import { planLab } from "../../infra/model/planner.ts";
import { readLab } from "../../infra/model/read.ts";
import { exitCodeOf } from "../../lab-scripts/verify/exitCode.ts";
import type { Report } from "../../lab-scripts/verify/report/report.ts";
import { type VerifyOptions, verify } from "../../lab-scripts/verify/run.ts";
import { PlannedLab } from "./planned.ts";

const hosts = ["192.168.20.0/24", "192.168.30.0/24"].map((podSubnet, at) => ({
  name: `host0${at + 1}`,
  podSubnet,
  pods: [{ name: "web" }, { name: "db" }],
}));
const plan = planLab(readLab({ hosts, ipv6: "fd00:10:252::/48" }, "netns"), {});
const lab = new PlannedLab(plan);
// Facts are read off an engine, and there is none here.
const computed = expectations(plan).expectations.filter(({ kind }) => kind !== "fact");
const undo: (() => void)[] = [];

beforeAll(() => lab.build());
afterAll(() => lab.remove());
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

function check(options: VerifyOptions = {}, wanted = computed): Promise<Report> {
  return verify(plan, wanted, { readyFile: null, nodeDoor: () => [], netnsDoor: lab.netnsDoor, ...options });
}

function change(where: string, command: string, back: string): void {
  lab.in(where, command);
  undo.push(() => lab.in(where, back));
}

const open = ({ checks }: Report) => checks.filter(({ verdict }) => verdict !== "pass");
const reasons = (report: Report) => open(report).map(({ id, reason }) => `${id}: ${reason}`);

test("a healthy lab is as the model says by both families", async () => {
  const report = await check();
  expect(reasons(report)).toEqual([]);
  const six = report.checks.filter(({ family }) => family === 6);
  expect(six.length).toBe(report.checks.length / 2);
  expect(exitCodeOf(report)).toBe(0);
});
