import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeCache } from "../../../lab-scripts/setup/cache.ts";
import { cleanSetUp } from "../../../lab-scripts/setup/clean.ts";
import { startEngine, stopEngineWeStarted } from "../../../lab-scripts/setup/dockerDaemon.ts";
import { isAlive, withLock } from "../../../lab-scripts/setup/lock.mjs";
import { putCommand, serve } from "./fakes.ts";

let directory: string;
let env: NodeJS.ProcessEnv;
const started: number[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-daemon-"));
  env = {
    PATH: `${join(directory, "bin")}:${process.env.PATH}`,
    XDG_CACHE_HOME: directory,
    DOCKER_HOST: `unix://${join(directory, "docker.sock")}`,
  };
});
afterEach(() => {
  for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

const cache = () => join(directory, "podlab");
const pid = () => JSON.parse(readFileSync(join(cache(), "engine-started.json"), "utf8")).pid as number;

/** An engine that answers after a while, with the containers given. */
function installDockerd(containers: object[]): void {
  const program = `const { createServer } = require("node:http");
    setTimeout(() => createServer((_, response) => {
      response.writeHead(200, { "Api-Version": "1.41", "content-type": "application/json" });
      response.end(${JSON.stringify(JSON.stringify(containers))});
    }).listen(process.argv[1].replace("unix://", "")), 200);
    console.log("listening soon");`;
  writeFileSync(join(directory, "dockerd.cjs"), program);
  putCommand(directory, "dockerd", `exec '${process.execPath}' -e "$(cat '${directory}/dockerd.cjs')" -- "$2"`);
}

async function start(): Promise<string> {
  const endpoint = { host: env.DOCKER_HOST ?? "", fromContext: false };
  const signal = new AbortController().signal;
  const stopWith = await startEngine({
    cache: cache(),
    env,
    signal,
    endpoint,
    dockerdArguments: ["-H", endpoint.host],
  });
  started.push(pid());
  return stopWith;
}

const lab = { Names: ["/host01"], Labels: { "dev.podlab.lab": "routed" } };

test("starts the engine in a session of its own, waits for its answer, and stops that one", async () => {
  installDockerd([lab]);
  expect(await start()).toBe(`kill ${pid()}`);
  const [session] = readFileSync(`/proc/${pid()}/stat`, "utf8").split(") ")[1]!.split(" ").slice(3, 4);
  expect(Number(session)).toBe(pid());
  const engine = pid();
  expect(await stopEngineWeStarted(env)).toMatchObject({ stopped: true });
  expect(isAlive(engine)).toBe(false);
  expect(await stopEngineWeStarted(env)).toEqual({ stopped: false, reason: "podlab did not start the Docker engine" });
});

test("leaves the engine alone while something runs on it that is not podlab's", async () => {
  installDockerd([lab, { Names: ["/mine"], Labels: {}, State: "running" }]);
  await start();
  expect(await stopEngineWeStarted(env)).toEqual({ stopped: false, reason: expect.stringContaining("mine") });
  expect(isAlive(pid())).toBe(true);
  expect(await cleanSetUp({ root: directory, env })).toContain("Docker engine left alone");
  expect(existsSync(join(cache(), "engine-started.json"))).toBe(true);
});

test("leaves the engine alone where it does not say what runs on it", async () => {
  installDockerd([]);
  await start();
  rmSync(join(directory, "docker.sock"));
  const reason = expect.stringMatching(/^it can't be asked what runs on it: .*docker\.sock/);
  expect(await stopEngineWeStarted(env)).toEqual({ stopped: false, reason });
  expect(isAlive(pid())).toBe(true);
});

test("asks the engine that it started, and not the one that DOCKER_HOST names by now, on which nothing runs", async () => {
  installDockerd([{ Names: ["/mine"], Labels: {}, State: "running" }]);
  await start();
  const another = join(directory, "another.sock");
  const { server } = await serve(() => ({ json: [] }), another);
  const outcome = await stopEngineWeStarted({ ...env, DOCKER_HOST: `unix://${another}` });
  server.close();
  expect(outcome).toEqual({ stopped: false, reason: "containers run on it: mine" });
  expect(isAlive(pid())).toBe(true);
});

test.each([["none"], ["systemd"]])("a record of an earlier boot is of no engine that runs (%s)", async (manager) => {
  installDockerd([]);
  await start();
  const file = join(cache(), "engine-started.json");
  const engine = pid();
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), manager, boot: "0f2a" }));
  putCommand(directory, "systemctl", `touch '${directory}/asked'`);
  expect(await stopEngineWeStarted(env)).toEqual({ stopped: false, reason: expect.stringContaining("ended already") });
  expect(isAlive(engine)).toBe(true);
  expect(existsSync(join(directory, "asked"))).toBe(false);
  expect(existsSync(file)).toBe(false);
});

test("a process that has the pid of an engine long gone is not touched", async () => {
  mkdirSync(cache());
  writeFileSync(
    join(cache(), "engine-started.json"),
    JSON.stringify({ manager: "none", pid: process.pid, startTime: "1" }),
  );
  expect(await stopEngineWeStarted(env)).toEqual({ stopped: false, reason: expect.stringContaining("ended already") });
});

test("an engine that ends at once is told with the end of its log", async () => {
  putCommand(directory, "dockerd", "echo 'failed to start: no cgroups'; exit 1");
  await expect(start()).rejects.toThrow(/ended at once[\s\S]*failed to start: no cgroups/);
});

test("clean removes the caches, and refuses while a set-up runs", async () => {
  makeCache(cache(), join(directory, "clone"));
  mkdirSync(join(cache(), "pulumi-1/bin"), { recursive: true });
  mkdirSync(join(directory, ".podlab/node"), { recursive: true });
  await withLock(join(cache(), "locks/pulumi"), {}, async () => {
    await expect(cleanSetUp({ root: directory, env })).rejects.toThrow(`pid ${process.pid}`);
  });
  await cleanSetUp({ root: directory, env });
  expect(existsSync(cache())).toBe(false);
  expect(existsSync(join(directory, ".podlab"))).toBe(false);
});
