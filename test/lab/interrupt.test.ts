/** `npm start` ended at a random moment, politely or not: `npm stop` leaves nothing, and a second start converges. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { eventually } from "./harness.ts";
import { killTree } from "./kill/killTree.ts";
import { oneHost } from "./oneHost.ts";
import { own } from "./ownership.ts";
import { pulumiState } from "./pulumiState.ts";

const ROOT = join(import.meta.dirname, "../..");
const STACK = "test-interrupt";
const FILE = join(ROOT, `infra/stacks/Pulumi.${STACK}.yaml`);
/** Printed with every case, so that a failure can be tried again at the same moment. */
const moment = () => Math.round(300 + Math.random() * 6000);

const podlab = (command: string) => run(command, STACK);
const pulumi = (...args: string[]) => run("pulumi", ...args, "--stack", STACK, "--non-interactive");
const run = (...args: string[]) =>
  execa(process.execPath, [join(ROOT, "lab-scripts/podlab.mjs"), ...args], { reject: false, all: true });

let lab: Awaited<ReturnType<typeof own>>;

beforeAll(async () => {
  lab = await own(STACK);
  const spec = oneHost({ segment: "10.247.1.0/24", internet: "198.51.100.160/27" });
  writeFileSync(FILE, stringify({ config: { "podlab:lab": spec } }));
  await podlab("stop");
});

afterAll(async () => {
  await podlab("stop");
  rmSync(FILE, { force: true });
  lab?.release();
});

/** Starts, and ends it after a while. SIGKILL hits what was started too, as a machine that loses power would. */
async function startAndEnd(signal: "SIGINT" | "SIGTERM" | "SIGKILL", after: number): Promise<number | undefined> {
  const running = podlab("start");
  await new Promise((resolve) => setTimeout(resolve, after));
  if (signal === "SIGKILL") killTree(running.pid!);
  else running.kill(signal);
  return (await running).exitCode;
}

test.each(["SIGINT", "SIGTERM", "SIGKILL", "SIGKILL"] as const)("%s, then stop", async (signal) => {
  const after = moment();
  console.log(`${signal} after ${after} ms`);
  await startAndEnd(signal, after);
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(await labObjects(STACK)).toEqual({ containers: [], networks: [] });
});

test.each(["SIGINT", "SIGKILL"] as const)("%s, then start again", async (signal) => {
  const after = moment();
  console.log(`${signal} after ${after} ms`);
  await startAndEnd(signal, after);
  const started = await podlab("start");
  expect(started.exitCode, started.all).toBe(0);
  const again = await podlab("start");
  expect(again.exitCode, again.all).toBe(0);
  expect(again.all).toContain("nothing to do");
  // Pulumi would write it in place: a kill at that moment leaves half of it, and then nothing can be read (Pulumi.yaml).
  expect(existsSync(`${pulumiState(STACK)}.attrs`)).toBe(false);
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(await labObjects(STACK)).toEqual({ containers: [], networks: [] });
});

test("what is left of a first start that was killed: plain `pulumi up` names the command that leads back, and it does", async () => {
  const running = podlab("start");
  // Pulumi has asked for it, and has not noted down that it was made.
  await eventually(() => execa("docker", ["container", "inspect", `${STACK}.host01`]).catch(() => undefined));
  killTree(running.pid!);
  await running;
  await pulumi("cancel", "--yes"); // the lock of what was killed, as Pulumi's message says
  const up = await pulumi("up", "--yes", "--skip-preview");
  if (up.exitCode !== 0) expect(up.all).toMatch(/npm start -- test-interrupt removes what is left over, and goes on/);
  const started = await podlab("start");
  expect(started.exitCode, started.all).toBe(0);
  const again = await pulumi("up", "--yes", "--skip-preview");
  expect(again.all).toMatch(/Resources:\n\s+\d+ unchanged\n/);
});

test("a start whose process alone is killed: the next one goes on", async () => {
  expect((await podlab("stop")).exitCode).toBe(0);
  const running = podlab("start");
  await eventually(() => execa("docker", ["inspect", `${STACK}.host01`]).catch(() => undefined));
  running.kill("SIGKILL");
  await running;
  // Its Pulumi ends by itself, having lost its program; until then it is named as who is at work.
  const started = await eventually(async () => {
    const next = await podlab("start");
    if (next.exitCode === 0) return next;
    expect(next.all).toMatch(/is being changed by process \d+/);
    return undefined;
  });
  expect(started.all).toContain("lab test-interrupt is up");
});

test("the user's own Pulumi is interrupted once, and ends in good order", async () => {
  const spec = oneHost({ segment: "10.247.1.0/24", internet: "198.51.100.160/27" });
  const [host] = spec.hosts;
  const more = { ...host!, name: "host02", segment: "10.247.2.0/24", podSubnet: "192.168.21.0/24" };
  writeFileSync(FILE, stringify({ config: { "podlab:lab": { ...spec, hosts: [host, more] } } }));
  const running = pulumi("up", "--yes", "--skip-preview");
  await eventually(() => execa("docker", ["inspect", `${STACK}.host02`]).catch(() => undefined));
  running.kill("SIGINT");
  const { exitCode, all } = await running;
  expect(exitCode, all).not.toBe(0);
  expect(all).toContain("cancel");
  expect(all).not.toContain("terminating\n");
  const again = await pulumi("up", "--yes", "--skip-preview");
  expect(again.exitCode, again.all).toBe(0);
});

test("two starts of one lab at once: one builds it, the other says who does", async () => {
  // With the lab up neither would change anything, and both may say so.
  expect((await podlab("stop")).exitCode).toBe(0);
  const both = await Promise.all([podlab("start"), podlab("start")]);
  const [built, refused] = both.sort((one, other) => one.exitCode! - other.exitCode!);
  expect(built!.exitCode, built!.all).toBe(0);
  expect(refused!.exitCode, refused!.all).toBe(2);
  expect(refused!.all).toMatch(/stack test-interrupt is being changed by process \d+ since/);
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(existsSync(pulumiState(STACK))).toBe(false);
});
