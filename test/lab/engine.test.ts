/**
 * The machine's engine fails in the middle of the work, in each way that engines do. Every time podlab says what happened and
 * what to do, its exit code tells, one `npm start` leads back with nothing cleared away by hand, and `npm stop` leaves nothing.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { baseImageTag } from "../../infra/machine/baseImage.ts";
import { ROOT, stackFile } from "../../lab-scripts/lab/project.ts";
import { cacheDirectory } from "../../lab-scripts/setup/cache.ts";
import { anotherClone } from "./anotherClone.ts";
import { oneHost } from "./oneHost.ts";
import { ownEngine } from "./ownEngine.ts";
import { folderOf } from "./ownership.ts";
import type { PrivateEngine } from "./privateEngine.ts";
import { pulumiState } from "./pulumiState.ts";

const NAME = "test-engine";
const HOST = `${NAME}.host01`;
const MB = 1024 * 1024;
const PLENTY = 4096 * MB;
const FULL = /could not be built: the disk is full or nearly full; free some .* npm start -- test-engine goes on$/m;
const SPEC = oneHost({ segment: "10.236.1.0/24", internet: "203.0.113.64/27" });

const own = ownEngine(NAME, SPEC);
let engine: PrivateEngine;
beforeAll(() => {
  ({ engine } = own);
});

const podlab = (command: string) => own.podlab(command, NAME);

/** What it said, when it ended with that exit code. */
async function says(running: ReturnType<typeof podlab>, code: number): Promise<string> {
  const { exitCode, all } = await running;
  expect(exitCode, all).toBe(code);
  expect(all).not.toMatch(/^\s+at /m); // a stack trace
  return all;
}

/** Waits until the engine runs a process with these words. @throws Error with what a start said that ended before */
function comesTo(words: string, started: ReturnType<typeof podlab>): Promise<void> {
  const ended = started.then(({ all }) => {
    throw new Error(`it ended before ${words} ran: ${all}`);
  });
  return Promise.race([engine.runs(words), ended]);
}

/** Starts a lab that lacks a host. @returns when the engine is at that host; the start goes on */
async function startsHost(): Promise<{ started: ReturnType<typeof podlab> }> {
  await engine.run("docker", "rm", "--force", "--volumes", HOST);
  const started = podlab("start");
  await comesTo("dockerd --default-runtime", started);
  return { started };
}

/** The engine has a fifth of its time until that has ended. */
async function slowUntil(running: ReturnType<typeof podlab>): Promise<void> {
  let ended = false;
  void running.then(() => {
    ended = true;
  });
  while (!ended) {
    await engine.signalEngine("STOP");
    await sleep(400);
    await engine.signalEngine("CONT");
    await sleep(100);
  }
}

test("its disk is full while the nodes' image is built", async () => {
  const started = podlab("start");
  await comesTo("pod-rootfs.sh", started);
  await engine.leaveRoom(0);
  expect(await says(started, 2)).toMatch(FULL);
  await engine.leaveRoom(PLENTY);
});

test("it is restarted while nodes are made", async () => {
  await says(podlab("stop"), 0);
  const started = podlab("start");
  await comesTo("podlab-entrypoint", started);
  await engine.stopEngine();
  await engine.startEngine();
  expect(await says(started, 2)).toMatch(/could not be built: the Docker engine was stopped or restarted meanwhile/);
  expect(await says(podlab("start"), 0)).toContain("lab test-engine is up");
});

test("power is lost while a host is made, and then the engine is slow", async () => {
  const { started } = await startsHost();
  await engine.losePower();
  await started;
  await engine.boot();
  const again = podlab("start");
  const quick = slowUntil(again);
  expect(await says(again, 0)).toContain("lab test-engine is up");
  await quick;
});

test("it hangs while a host is made: the start waits and says so, another one does not begin", async () => {
  const { started } = await startsHost();
  await engine.signalEngine("STOP");
  expect(await says(podlab("start"), 2)).toMatch(/engine\.sock gave no answer within 10 s, though it is there/);
  await sleep(3_000); // the other one has waited for longer by now, and its watch has told
  await engine.signalEngine("CONT");
  expect(await says(started, 0)).toMatch(/has not answered for \d+ s; waiting.*answers again/s);
});

test("there is none: all who ask say so at once, and how to go on", async () => {
  await engine.stopEngine();
  const [start, check, stop] = ["start", "check", "stop"].map((command) => says(podlab(command), 2));
  expect(await start).toMatch(/No Docker engine answers at .*engine\.sock.*\nStart that engine/);
  expect(await check).toMatch(/engine\.sock.*npm start/);
  expect(await stop).toMatch(/engine\.sock.*npm stop -- test-engine goes on/s);
  expect(existsSync(pulumiState(NAME))).toBe(true);
  const destroy = ["destroy", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", NAME];
  const { exitCode, all } = await engine.run("pulumi", "--cwd", ROOT, ...destroy);
  expect(exitCode, all).not.toBe(0);
  expect(all).toMatch(/Docker server|Docker daemon/);
  await engine.startEngine();
});

test("its disk is full while a host's pods are made, and one start leads back", async () => {
  const { started } = await startsHost();
  await engine.runs("containerd-shim-runc-v2 -namespace moby");
  await engine.leaveRoom(0);
  expect(await says(started, 2)).toMatch(FULL);
  await engine.leaveRoom(PLENTY);
  expect(await says(podlab("start"), 0)).toContain("lab test-engine is up");
});

test("another clone takes nothing over, and removes it all the same: without the stack's file, and on a full disk", async () => {
  const clone = join(folderOf(NAME), "clone");
  anotherClone(clone);
  const there = (command: string, ...options: string[]) =>
    engine.run(process.execPath, join(clone, "lab-scripts/podlab.mjs"), command, NAME, ...options);
  const file = join(clone, `infra/stacks/Pulumi.${NAME}.yaml`);
  copyFileSync(stackFile(NAME), file);
  const whose = `the clone of podlab in ${ROOT} made it; npm stop -- ${NAME} there removes it`;
  const started = await says(there("start"), 2);
  expect(started).toMatch(/is on this machine already \(.*host01/);
  expect(started).toContain(whose);
  rmSync(file);
  expect(await says(there("stop"), 2)).toContain(whose);
  expect(await says(cleanedBy(clone), 2)).toContain(`${whose}; then npm run clean goes on`);
  await engine.leaveRoom(0);
  expect(await says(there("stop", "--foreign"), 0)).toMatch(/3 containers, 2 networks and 1 volumes removed/);
  await engine.leaveRoom(PLENTY);
  expect(await says(podlab("stop"), 0)).toContain("nothing of it is on the Docker engine");
});

/** With a cache of its own. */
const cleanedBy = (clone: string) =>
  engine.run("env", `XDG_CACHE_HOME=${clone}/cache`, process.execPath, join(clone, "lab-scripts/podlab.mjs"), "clean");

test("a network and a VPN in its way are named, each with a proposal, before anything is made", async () => {
  await engine.run("docker", "network", "create", "--subnet", "10.236.1.0/25", "somebodys");
  await engine.run("sh", "-c", "ip link add vpn type bridge && ip link set vpn up");
  await engine.run("ip", "route", "add", "203.0.113.0/25", "dev", "vpn", "table", "51820");
  const said = await says(podlab("start"), 3);
  const place =
    /hosts\[0\]\.segment 10\.236\.1\.0\/24 overlaps Docker network somebodys 10\.236\.1\.0\/25; choose (\S+)/;
  const other =
    /internet\.subnet 203\.0\.113\.64\/27 overlaps a route of this machine \(dev vpn\) 203\.0\.113\.0\/25; choose (\S+)/;
  const [, segment] = place.exec(said) ?? [];
  const [, internet] = other.exec(said) ?? [];
  expect([segment, internet], said).toEqual([expect.any(String), expect.any(String)]);
  expect((await engine.run("docker", "ps", "--all", "--quiet")).stdout).toBe("");
});

test("clean leaves the state of a lab that is on another engine", async () => {
  const clone = join(folderOf(NAME), "clone");
  const state = join(clone, ".state/.pulumi/stacks/podlab", `${NAME}.json`);
  const stack = { urn: `urn:pulumi:${NAME}::podlab::pulumi:pulumi:Stack::podlab-${NAME}`, type: "pulumi:pulumi:Stack" };
  const resources = [{ ...stack, custom: false, outputs: { engine: "ANOTHER" } }];
  const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
  mkdirSync(dirname(state), { recursive: true });
  writeFileSync(
    state,
    JSON.stringify({
      version: 3,
      checkpoint: { stack: `organization/podlab/${NAME}`, latest: { manifest, resources } },
    }),
  );
  // Its cache has the Pulumi of the one in use.
  const [cache, used] = [join(clone, "cache/podlab"), cacheDirectory(process.env)];
  mkdirSync(cache, { recursive: true });
  const tools = readdirSync(used).filter((name) => /^(pulumi|plugins)-/.test(name));
  for (const name of tools) symlinkSync(join(used, name), join(cache, name));
  expect(await says(cleanedBy(clone), 2)).toContain(`nothing of stack ${NAME} is on the Docker engine`);
  expect(existsSync(state)).toBe(true);
  rmSync(state);
  for (const name of tools) rmSync(join(cache, name));
});

test("clean removes by label what a corrupt state can't tell of, and says so when nobody answers", async () => {
  const clone = join(folderOf(NAME), "clone");
  const state = join(clone, ".state/.pulumi/stacks/podlab", `${NAME}.json`);
  await engine.run("docker", "network", "create", "--label", `dev.podlab.lab=${NAME}`, `${NAME}.host01-net`);
  await engine.run("docker", "create", "--label", `dev.podlab.lab=${NAME}`, "--name", HOST, baseImageTag());
  mkdirSync(dirname(state), { recursive: true });
  writeFileSync(state, '{"version":3,"check');
  await engine.stopEngine();
  expect(await says(cleanedBy(clone), 2)).toMatch(/engine\.sock.*npm run clean once more/s);
  expect(existsSync(state)).toBe(true);
  await engine.startEngine();
  expect(await says(cleanedBy(clone), 0)).toMatch(/lab test-engine removed\n[1-9]\d* images removed/);
  expect(existsSync(state)).toBe(false);
  const left = (await engine.run("docker", "ps", "--all", "--quiet")).stdout;
  expect(
    left + (await engine.run("docker", "network", "ls", "--quiet", "--filter", "label=dev.podlab.lab")).stdout,
  ).toBe("");
});
