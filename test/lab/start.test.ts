/** What `npm start` does for the Pulumi that it runs, and the engine elsewhere than at a socket. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { planDigest } from "../../infra/components/scripts.ts";
import { ATTENDANT, proveAhead } from "../../infra/machine/attendant.ts";
import { docker } from "../../infra/machine/docker.ts";
import { theEngine } from "../../infra/machine/engineApi.ts";
import { Attendant } from "../../lab-scripts/lab/attend/attendant.ts";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { ROOT, stackFile } from "../../lab-scripts/lab/project.ts";
import { stackLab } from "../../lab-scripts/lab/stackSpec.ts";
import { reportSince } from "../../lab-scripts/lab/verifyLab.ts";
import { oneHost } from "./oneHost.ts";
import { folderOf, own } from "./ownership.ts";

const STACK = "test-start";
const SPEC = oneHost({ segment: "10.247.9.0/24", internet: "198.51.100.64/27" });
const DOOR = join(ROOT, "lab-scripts/door/verify.mjs");
const PROCESSES = join(folderOf(STACK), "processes");

const podlab = (command: string, env: Record<string, string> = {}) =>
  execa(process.execPath, [join(ROOT, "lab-scripts/podlab.mjs"), command, STACK], { reject: false, all: true, env });

let lab: Awaited<ReturnType<typeof own>>;

beforeAll(async () => {
  lab = await own(STACK);
  mkdirSync(folderOf(STACK), { recursive: true });
  writeSpec(SPEC);
  await podlab("stop");
});

afterAll(async () => {
  await podlab("stop");
  rmSync(stackFile(STACK), { force: true });
  lab?.release();
});

function writeSpec(spec: object): void {
  writeFileSync(stackFile(STACK), stringify({ config: { "podlab:lab": spec } }));
}

/** The command lines of Node's processes, as they end. */
async function processesOf(run: (env: Record<string, string>) => Promise<unknown>): Promise<string[]> {
  const hook = join(folderOf(STACK), "hook.cjs");
  const note = `require("node:fs").appendFileSync(${JSON.stringify(PROCESSES)}, process.argv.slice(1).join(" ") + "\\n")`;
  writeFileSync(hook, `process.on("exit", () => ${note});`);
  rmSync(PROCESSES, { force: true });
  await run({ NODE_OPTIONS: `--require=${hook}` });
  return existsSync(PROCESSES) ? readFileSync(PROCESSES, "utf8").trim().split("\n") : [];
}

test("the verification of a start is its own, not another process's: of a new lab, and after a change of the config", async () => {
  const [host] = SPEC.hosts;
  const more = { ...SPEC, hosts: [{ ...host, pods: [...host!.pods, { ...host!.pods[0], name: "api" }] }] };
  for (const spec of [SPEC, more]) {
    writeSpec(spec);
    const processes = await processesOf(async (env) => {
      const { exitCode, all } = await podlab("start", env);
      expect(exitCode, all).toBe(0);
      expect(all).toMatch(/ {2}(made|changed) verification/);
    });
    expect(processes.filter((line) => line.includes("verify"))).toEqual([expect.stringContaining("door/verify.mjs")]);
  }
  // The new pod was made before its Command's turn, which found this.
  const note = join(ROOT, ".podlab/units", STACK, "host01/pod-api.note");
  const host01 = await docker("inspect", "--format", "{{slice .Id 0 12}}", `${STACK}.host01`);
  expect(readFileSync(note, "utf8")).toContain(host01.trim());

  for (let times = 0; times < 2; times += 1) {
    const lose = "u=$(ls /var/lib/podlab/units/*pod-api.unit); sh $u remove; rm -f $u $u.generation";
    await docker("exec", `${STACK}.host01`, "sh", "-c", lose);
    const { exitCode, all } = await podlab("start");
    expect(exitCode, all).toBe(0);
    expect(all).toContain("changed host01-pod-api");
  }
});

test("what was proved ahead stands where all was as expected and the same is asked for; otherwise it is proved again", async () => {
  writeSpec(SPEC);
  expect((await podlab("start")).exitCode).toBe(0);
  const { plan } = stackLab(STACK);
  const told = { plan: planDigest(plan), generations: "host01:a", mended: "" };
  const host = `${STACK}.host01`;
  const bridge = (state: "up" | "down") => docker("exec", host, "ip", "link", "set", "cbr0", state);

  for (const [generations, wrong, restarted, again] of [
    ["host01:a", false, false, false],
    ["host01:b", false, false, true],
    ["host01:a", true, false, true],
    ["host01:a", false, true, true],
  ] as const) {
    const nobody = { said: async () => ({}) };
    const attendant = await Attendant.begin({ plan, looks: nobody, waiting: () => undefined, changes: false });
    try {
      process.env[ATTENDANT] = attendant.env[ATTENDANT];
      if (wrong) await bridge("down");
      const from = Date.now();
      await proveAhead(told);
      await expect.poll(reportedAt, { timeout: 60_000 }).toBeGreaterThan(from);
      if (wrong) await bridge("up");
      if (restarted) await docker("restart", host);

      const asked = Date.now();
      const env = { LAB: STACK, PLAN: told.plan, GENERATIONS: generations, MENDED: "", ...attendant.env };
      const { exitCode, stderr } = await execa(process.execPath, [DOOR], { reject: false, env });
      expect(exitCode, stderr).toBe(0);
      // Who asked is told before the files are written.
      await expect.poll(reportedAt, { timeout: 10_000 }).toBeGreaterThan(again ? asked : from);
      if (!again) expect(await reportedAt()).toBeLessThan(asked);
    } finally {
      delete process.env[ATTENDANT];
      await attendant.end();
    }
  }
});

test("a proof that nobody asks for in the end is broken off, and is no report", async () => {
  const before = await reportedAt();
  const { plan } = stackLab(STACK);
  const attendant = await Attendant.begin({
    plan,
    looks: { said: async () => ({}) },
    waiting: () => undefined,
    changes: false,
  });
  process.env[ATTENDANT] = attendant.env[ATTENDANT];
  try {
    await proveAhead({ plan: planDigest(plan), generations: "host01:a", mended: "" });
  } finally {
    delete process.env[ATTENDANT];
    await attendant.end();
  }
  await setTimeout(3000); // longer than all of it would take
  expect(await reportedAt()).toBe(before);
});

/** When the last report's probing began. */
async function reportedAt(): Promise<number> {
  const seen = await reportSince(STACK, new Date(0));
  return Date.parse(seen!.report.startedAt);
}

test("an engine that is reached through the docker CLI", async () => {
  const { server, host } = await behindTcp(theEngine().socketPath!);
  try {
    await podlab("stop");
    for (const said of [/ {2}made verification/, /nothing to do/]) {
      const { exitCode, all } = await podlab("start", { DOCKER_HOST: host });
      expect(exitCode, all).toBe(0);
      expect(all).toMatch(said);
    }
    const stopped = await podlab("stop", { DOCKER_HOST: host });
    expect(stopped.exitCode, stopped.all).toBe(0);
    expect(await labObjects(STACK)).toEqual({ containers: [], networks: [] });
  } finally {
    server.close();
  }
});

/** As TLS or ssh would be: no socket in the file system. */
async function behindTcp(path: string): Promise<{ server: Server; host: string }> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path, allowHalfOpen: true });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
