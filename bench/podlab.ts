/** A lab built, looked at, changed and removed by podlab, with the commands that a user types. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { REPORTS, ROOT, stackFile } from "../lab-scripts/lab/project.ts";
import type { Report } from "../lab-scripts/report/schema.ts";
import { docker } from "./docker.ts";
import { type Cost, costOf, packetsForgotten, type Size } from "./stopwatch.ts";

const STACK = "bench";
const MATRIX = ["--from", "host*/*", "--to", "host*/*", "--kind", "icmp,tcp"];

/** Seconds since the beginning at which the last thing of a kind was there. They overlap: nodes start beside their segments. */
export interface Phases {
  /** Set-up looked through, Pulumi's engine started, the program loaded: the first resource is made. */
  readonly begun: number;
  readonly segments: number;
  readonly nodes: number;
  /** All that is inside nodes, pods too. */
  readonly states: number;
  readonly verified: number;
}

export interface PodlabRun {
  readonly up: number;
  readonly upCpu: number;
  readonly phases: Phases;
  readonly again: number;
  readonly check: number;
  /** Of the matrix, all of them sent as packets by that check. */
  readonly checks: number;
  /** Every pod to every pod, by ICMP and TCP. */
  readonly matrix: number;
  readonly addPod: number;
  readonly down: number;
  /** Of a host with its engine and pods, as `docker stats` counts it: without the file cache. Their mean. */
  readonly hostMiB: number;
}

export async function podlabRun(size: Size): Promise<PodlabRun> {
  const start = () => podlab("start", STACK);
  try {
    writeStack(size);
    const up = await start();
    const hostMiB = await memoryOfHosts();
    const again = await start();
    const check = await podlab("check", STACK);
    const checks = provedChecks();
    const matrix = await podlab("check", STACK, ...MATRIX);
    writeStack(size, 1);
    const addPod = await start();
    await packetsForgotten();
    const down = await podlab("stop", STACK);
    return {
      up: up.seconds,
      upCpu: up.cpu,
      phases: phasesOf(up),
      again: again.seconds,
      check: check.seconds,
      checks,
      matrix: matrix.seconds,
      addPod: addPod.seconds,
      down: down.seconds,
      hostMiB,
    };
  } finally {
    await podlab("stop", STACK);
    rmSync(stackFile(STACK), { force: true });
  }
}

function podlab(...args: string[]): Promise<Cost> {
  return costOf([process.execPath, join(ROOT, "lab-scripts/podlab.mjs"), ...args], {});
}

/** How many checks the last run made. @throws Error when one of them was not as expected: such a lab is not to be measured */
function provedChecks(): number {
  const { summary } = JSON.parse(readFileSync(join(REPORTS, STACK, "report.json"), "utf8")) as Report;
  if (summary.passed !== summary.total)
    throw new Error(`${summary.total - summary.passed} checks were not as expected`);
  return summary.total;
}

/** @param more pods of the last host beyond the size */
function writeStack({ hosts, pods }: Size, more = 0): void {
  const spec = {
    hosts: Array.from({ length: hosts }, (_, at) => ({
      name: `host${String(at + 1).padStart(2, "0")}`,
      pods: Array.from({ length: pods + (at === hosts - 1 ? more : 0) }, (_, pod) => ({ name: `pod${pod + 1}` })),
    })),
    containers: [{ name: "app", ports: [{ containerPort: 8080 }] }],
    segmentPool: "10.248.0.0/16",
    internet: { subnet: "198.51.100.192/27" },
  };
  writeFileSync(stackFile(STACK), stringify({ config: { "podlab:lab": spec } }));
}

/** From the lines that tell what was made: `  made host01-state (1.2s)`. */
function phasesOf({ told }: Cost): Phases {
  const made = told.flatMap(({ at, line }) => {
    const name = /^ {2}made (\S+)/.exec(line)?.[1];
    return name === undefined ? [] : [{ at, name }];
  });
  const last = (pattern: RegExp) => Math.max(0, ...made.filter(({ name }) => pattern.test(name)).map(({ at }) => at));
  return {
    begun: made[0]?.at ?? 0,
    segments: last(/^(host\d+|internet)-net$/),
    nodes: last(/^(host\d+|internet|router)$/),
    states: last(/-state$/),
    verified: last(/^verification$/),
  };
}

async function memoryOfHosts(): Promise<number> {
  const hosts = ["--filter", `label=dev.podlab.lab=${STACK}`, "--filter", "label=dev.podlab.role=host"];
  const ids = (await docker("ps", "--quiet", ...hosts)).split("\n");
  const used = (await docker("stats", "--no-stream", "--format", "{{.MemUsage}}", ...ids)).split("\n").map(mebibytes);
  return Math.round((used.reduce((sum, one) => sum + one, 0) / used.length) * 10) / 10;
}

/** `82.5MiB / 23.54GiB` */
function mebibytes(text: string): number {
  const [, number, unit] = /^([\d.]+)([KMG])iB/.exec(text) ?? [];
  if (number === undefined) throw new Error(`docker stats said ${text}`);
  return Number(number) * { K: 1 / 1024, M: 1, G: 1024 }[unit as "K" | "M" | "G"];
}
