/** `npm start` ended at a random moment, politely or not: `npm stop` leaves nothing, and a second start converges. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { isUnnoted } from "../../infra/machine/unnoted.ts";
import { lockHolders } from "../../lab-scripts/lab/lock.ts";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { stateFile, stateFolders } from "../../lab-scripts/lab/project.ts";
import { beginState } from "../../lab-scripts/lab/state.ts";
import { eventually } from "./harness.ts";
import { killTree } from "./kill/killTree.ts";
import { oneHost } from "./oneHost.ts";
import { own } from "./ownership.ts";

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
  expect(existsSync(`${stateFile(STACK)}.attrs`)).toBe(false);
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(await labObjects(STACK)).toEqual({ containers: [], networks: [] });
});

test("killed as soon as its state has begun: Pulumi goes on from there", async () => {
  await beginState(STACK);
  const preview = await pulumi("preview");
  expect(preview.exitCode, preview.all).toBe(0);
  expect(preview.all).toMatch(/\+ \d+ to create/);
  const exported = JSON.parse((await pulumi("stack", "export")).stdout);
  expect(exported.deployment?.resources ?? []).toEqual([]);
  const removed = await pulumi("stack", "rm", "--yes", "--preserve-config");
  expect(removed.exitCode, removed.all).toBe(0);
});

test("a first start that is killed has noted down nothing, and a plain `pulumi up` begins anew, with notes", async () => {
  const running = podlab("start");
  // A node with units is one that a run with notes would have noted down.
  const units = ["exec", `${STACK}.host01`, "sh", "-c", "ls /var/lib/podlab/units/*.unit"];
  await eventually(() => execa("docker", units).catch(() => undefined));
  killTree(running.pid!);
  await running;
  expect(isUnnoted(STACK)).toBe(true);
  expect((await pulumi("cancel", "--yes")).exitCode).toBe(0); // the lock of what was killed, as Pulumi's message says
  const up = await pulumi("up", "--yes", "--skip-preview");
  expect(up.exitCode, up.all).toBe(0);
  expect(isUnnoted(STACK)).toBe(false);
  const again = await pulumi("up", "--yes", "--skip-preview");
  expect(again.all).toMatch(/Resources:\n\s+\d+ unchanged\n/);
});

test("a start that is killed alone leaves a Pulumi without its program, which ends; the next start goes on", async () => {
  expect((await podlab("stop")).exitCode).toBe(0);
  const running = podlab("start");
  await eventually(() => execa("docker", ["inspect", `${STACK}.host01`]).catch(() => undefined));
  running.kill("SIGKILL");
  await running;
  const atWork = async () => lockHolders(STACK).some(({ alive }) => alive);
  await expect.poll(atWork, { timeout: 30_000 }).toBe(false);
  const started = await podlab("start");
  expect(started.exitCode, started.all).toBe(0);
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

test("a lab that is not as the last run left it is looked at by Pulumi", async () => {
  expect((await podlab("start")).exitCode).toBe(0);
  await execa("docker", ["exec", `${STACK}.router`, "ip", "route", "delete", "192.168.20.0/24"]);
  const inside = await podlab("start");
  expect(inside.exitCode, inside.all).toBe(0);
  expect(inside.all).toContain("changed router-route-192.168.20.0-24");
  await execa("docker", ["stop", "--time", "0", `${STACK}.host01`]);
  const outside = await podlab("start");
  expect(outside.exitCode, outside.all).toBe(0);
  expect(outside.all).not.toContain("nothing to do");
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
  expect([stateFile(STACK), ...stateFolders(STACK)].filter(existsSync)).toEqual([]);
});
