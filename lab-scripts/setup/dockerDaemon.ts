import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { textIn } from "../../infra/files.ts";
import { Docker } from "../../infra/machine/docker.ts";
import type { DockerEndpoint } from "../../infra/machine/endpoint.ts";
import { listContainers } from "../../infra/machine/inventory.ts";
import { askEngine } from "./askEngine.ts";
import { cacheDirectory } from "./cache.ts";
import { findCommand, hasEnded, lastLines, runCommand } from "./command.ts";
import { isAlive, processStartTime } from "./lock.mjs";
import { SetupError } from "./step.ts";

/** How podlab started the engine, kept so that it can stop that one and no other. */
interface StartRecord {
  /** Where it answers. */
  host: string;
  /** The machine's boot that it was started in: later ones start it by themselves, or give its number to another process. */
  boot: string;
  manager: "systemd" | "none";
  pid?: number;
  startTime?: string | undefined;
}

interface StopOutcome {
  stopped: boolean;
  /** Why it was stopped or left alone. */
  reason: string;
}

/** How long an engine may take to answer after it was started; a first start with an empty data root takes 2–6 s. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

const recordFile = (cache: string) => join(cache, "engine-started.json");
/** What the engine that podlab starts prints. */
const engineLog = (cache: string) => join(cache, "log", "dockerd.log");

interface DaemonOptions {
  cache: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  endpoint: DockerEndpoint;
  /** For a test: other arguments, and no service manager. */
  dockerdArguments?: readonly string[];
}

/**
 * Starts the installed engine where none answers: by systemd where it runs, else as a daemon in a session of its own,
 * and waits until it answers.
 * @returns how to stop it, for the user
 * @throws SetupError with the end of the engine's log
 */
export async function startEngine(options: DaemonOptions): Promise<string> {
  const { cache, endpoint, signal, dockerdArguments } = options;
  mkdirSync(join(cache, "log"), { recursive: true });
  // systemd(1): /run/systemd/system exists if, and only if, it is the service manager.
  const how =
    !dockerdArguments && existsSync("/run/systemd/system") ? await startBySystemd(options) : startDaemon(options);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await askEngine(endpoint, 2_000);
    if ("engine" in answer) return how.stopWith;
    if (how.hasEnded() || Date.now() > deadline) {
      const ending = how.hasEnded() ? "ended at once" : `did not answer within ${START_TIMEOUT_MS / 1000} s`;
      throw new SetupError(
        `The Docker engine was started and ${ending} (${answer.silence}). Its log, ${engineLog(cache)}, ends:\n` +
          lastLines(textIn(engineLog(cache))),
      );
    }
    await sleep(100, undefined, { signal });
  }
}

/** Stops the engine that podlab started, if it is still that one and nothing runs on it. Never stops one that the user started. */
export async function stopEngineWeStarted(env: NodeJS.ProcessEnv): Promise<StopOutcome> {
  const file = recordFile(cacheDirectory(env));
  const record = JSON.parse(textIn(file) || "null") as StartRecord | null;
  if (!record) return { stopped: false, reason: "podlab did not start the Docker engine" };
  const { host, boot, manager, pid, startTime } = record;
  if (boot !== bootId() || (manager === "none" && !(pid && isAlive(pid, startTime)))) {
    rmSync(file, { force: true });
    return { stopped: false, reason: "the Docker engine that podlab started has ended already" };
  }
  const docker = new Docker({ host, fromContext: false });
  const containers = await listContainers(undefined, docker).catch((error: Error) => error);
  if (containers instanceof Error)
    return { stopped: false, reason: `it can't be asked what runs on it: ${containers.message}` };
  const running = containers.filter(({ state }) => state === "running").map(({ name }) => name);
  if (running.length > 0) return { stopped: false, reason: `containers run on it: ${running.join(", ")}` };
  if (manager === "systemd") await runCommand("systemctl", ["stop", "docker.socket", "docker.service"], { env });
  else if (pid) await endProcess(pid, startTime);
  rmSync(file, { force: true });
  return { stopped: true, reason: "podlab had started it" };
}

interface Started {
  stopWith: string;
  hasEnded(): boolean;
}

async function startBySystemd({ cache, env, signal, endpoint }: DaemonOptions): Promise<Started> {
  const { ok, tail } = await runCommand("systemctl", ["start", "docker"], { env, signal, timeoutMs: START_TIMEOUT_MS });
  if (!ok) {
    throw new SetupError(`\`systemctl start docker\` failed; \`journalctl -u docker\` says why:\n${lastLines(tail)}`);
  }
  const record: StartRecord = { host: endpoint.host, boot: bootId(), manager: "systemd" };
  writeFileSync(recordFile(cache), JSON.stringify(record));
  return { stopWith: "systemctl stop docker.socket docker", hasEnded: () => false };
}

function startDaemon({ cache, env, endpoint, dockerdArguments = [] }: DaemonOptions): Started {
  const dockerd = findCommand("dockerd", { PATH: `${env.PATH ?? ""}:/usr/sbin:/usr/local/sbin:/sbin` });
  if (!dockerd) throw new SetupError("dockerd is not installed, though the docker.io package should have brought it");
  const log = openSync(engineLog(cache), "a");
  // The daemon must find containerd, runc and iptables whatever PATH the user has.
  const PATH = `${env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const child = spawn(dockerd, [...dockerdArguments], {
    detached: true,
    env: { ...env, PATH },
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  child.on("error", () => {}); // one that could not be started has ended
  child.unref();
  if (child.pid !== undefined) {
    const { pid } = child;
    const started = { manager: "none", pid, startTime: processStartTime(pid) } as const;
    const record: StartRecord = { host: endpoint.host, boot: bootId(), ...started };
    writeFileSync(recordFile(cache), JSON.stringify(record));
  }
  return { stopWith: `kill ${child.pid}`, hasEnded: () => hasEnded(child) };
}

/** Of a machine without such a file every boot is the same. */
const bootId = (): string => textIn("/proc/sys/kernel/random/boot_id").trim();

async function endProcess(pid: number, startTime: string | undefined): Promise<void> {
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isAlive(pid, startTime)) {
    if (Date.now() > deadline) {
      throw new SetupError(
        `The Docker engine (pid ${pid}) got SIGTERM and still runs after ${STOP_TIMEOUT_MS / 1000} s`,
      );
    }
    await sleep(100);
  }
}
