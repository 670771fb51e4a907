/** What this machine's kernel says counts only where the engine runs on it. */
import { mkdtempSync, rmSync } from "node:fs";
import { hostname, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { refuseShortages } from "../../../infra/machine/limits.ts";
import { surroundings } from "../../../infra/machine/occupied.ts";
import { dataRootHere } from "../../../infra/machine/sameMachine.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { putCommand, serve } from "../setup/fakes.ts";

const HERE = { Name: hostname(), KernelVersion: release(), MemTotal: totalmem(), DockerRootDir: "/" };
const NOTHING = { containers: [], networks: [] };

let directory: string;
let close: () => void;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-machine-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  close();
  rmSync(directory, { recursive: true });
});

/** An engine that says this of itself, for whoever asks the one of the environment. */
async function engine(info: object): Promise<void> {
  const socket = join(directory, "docker.sock");
  const { server } = await serve(({ url }) => (url === "/info" ? { json: { ...HERE, ...info } } : undefined), socket);
  close = () => server.close();
  vi.stubEnv("DOCKER_HOST", `unix://${socket}`);
}

/** An `ip` that says no. */
function breakIp(): void {
  putCommand(directory, "ip", "echo 'Cannot open netlink socket: Permission denied' >&2; exit 1");
  vi.stubEnv("PATH", `${join(directory, "bin")}:${process.env.PATH}`);
}

test.each([
  ["of another name", { Name: "docker-desktop" }],
  ["with another kernel", { KernelVersion: "6.10.14-linuxkit" }],
  ["with other memory", { MemTotal: 4 * 2 ** 30 }],
])("an engine %s is not here: neither its routes nor its limits are this machine's", async (_, info) => {
  await engine(info);
  breakIp();
  expect(await dataRootHere()).toBeUndefined();
  expect(await surroundings(NOTHING)).toEqual({ networks: [], routes: [], filtered: [] });
  // No machine has room for it, but nobody knows what that one has.
  const huge = planLab(readLab({ hosts: 64, podsPerHost: 60 }, "huge"));
  await expect(refuseShortages({ ...huge, pods: Array(100).fill(huge.pods).flat() }, NOTHING)).resolves.toBeUndefined();
});

test("of an engine that is here routes are read; where that fails it is said, and nothing is taken for free", async () => {
  await engine({});
  expect(await dataRootHere()).toBe("/");
  breakIp();
  await expect(surroundings(NOTHING)).rejects.toThrow(
    /routes of this machine.* can't be read \(ip: Cannot open netlink socket.*mend/,
  );
});

test("a machine without ip is told what to install", async () => {
  await engine({});
  vi.stubEnv("PATH", join(directory, "nothing"));
  await expect(surroundings(NOTHING)).rejects.toThrow(/there is no command ip\); install iproute2/);
});

test("a lab that this machine has no room for is refused where the engine is here", async () => {
  await engine({});
  const huge = planLab(readLab({ hosts: 64, podsPerHost: 60 }, "huge"));
  await expect(refuseShortages({ ...huge, pods: Array(100).fill(huge.pods).flat() }, NOTHING)).rejects.toThrow(
    /no room for lab huge/,
  );
});
