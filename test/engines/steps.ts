/** What is done with each lab on each engine: by podlab's commands, and by `docker exec` as its user would break it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Machine, Ran } from "./machine.ts";

export const LABS = ["routed", "overlay", "services", "dual-stack", "policy"] as const;

/** Throws an Error that says what was not as it should be. @returns what is worth telling */
export type Step = (machine: Machine, lab: string) => Promise<string>;

export const STEPS: Record<string, Step> = {
  start: async (machine, lab) => {
    await succeed(machine, podlab("start", lab));
    return "";
  },

  check: async (machine, lab) => checked(await podlabCheck(machine, lab), 0),

  /** Pulumi finds nothing to change, with a refresh. */
  "no change": async (machine, lab) => {
    const flags = ["--refresh", "--expect-no-changes", "--non-interactive", "--stack", lab];
    await succeed(machine, podlab("pulumi", "preview", ...flags));
    return "";
  },

  /** A route and the pods of a host are taken away; check sees it (2: who is gone can't be asked), and start repairs it. */
  "drift and repair": async (machine, lab) => {
    await succeed(machine, ["docker", "exec", `${lab}.host01`, "ip", "route", "del", "default"]);
    await succeed(machine, ["docker", "exec", `${lab}.host02`, "sh", "-c", "docker rm --force $(docker ps --quiet)"]);
    const seen = checked(await podlabCheck(machine, lab), 1, 2);
    await succeed(machine, podlab("start", lab));
    return `${seen}, then ${checked(await podlabCheck(machine, lab), 0)}`;
  },

  /** A host comes back by itself. */
  "restart of a host": async (machine, lab) => {
    await succeed(machine, ["docker", "restart", `${lab}.host01`]);
    const began = performance.now();
    for (;;) {
      const ran = await podlabCheck(machine, lab);
      if (ran.exitCode === 0 || performance.now() - began > 60_000) return checked(ran, 0);
      await sleep(500);
    }
  },

  stop: async (machine, lab) => {
    await succeed(machine, podlab("stop", lab));
    return "";
  },
};

/**
 * The same without what makes labs work on Docker 28 and newer: the start has to name the rule that drops the lab's frames.
 * @param rule as the finding names it
 */
export function uncured(rule: RegExp): Record<string, Step> {
  return {
    start: async (machine, lab) => {
      // In this machine's view of the clone.
      const cure = "/com.docker.network.bridge.gateway_mode_ipv/d";
      await succeed(machine, ["sed", "-i", cure, "infra/components/containers.ts"]);
      const { exitCode, all } = await machine.run(...podlab("start", lab));
      const findings = all.split("\n").filter((line) => line.startsWith("FOUND "));
      if (exitCode === 1 && findings.length === 1 && rule.test(findings[0]!)) return findings[0]!;
      throw new Error(`start ended with ${exitCode}, and does not name one rule alone, ${rule}:\n${all}`);
    },
    stop: STEPS.stop!,
  };
}

/** What a lab could leave on the machine, sorted. */
export async function traces(machine: Machine): Promise<string[]> {
  const { stdout } = await machine.inside("sh", "test/engines/traces.sh");
  return stdout.split("\n").sort();
}

/** Waits for what takes a moment to be gone. @throws Error naming what is there and was not, or the other way round */
export async function nothingLeft(machine: Machine, before: readonly string[]): Promise<string> {
  for (let tries = 0; ; tries++) {
    const after = await traces(machine);
    const differing = [
      ...after.filter((thing) => !before.includes(thing)).map((thing) => `left: ${thing}`),
      ...before.filter((thing) => !after.includes(thing)).map((thing) => `gone: ${thing}`),
    ];
    if (differing.length === 0) return "";
    if (tries === 10) throw new Error(differing.join("\n"));
    await sleep(500);
  }
}

const podlab = (...args: string[]): string[] => ["node", "lab-scripts/podlab.mjs", ...args];

async function succeed(machine: Machine, command: readonly string[]): Promise<Ran> {
  const ran = await machine.run(...command);
  if (ran.exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${ran.exitCode}:\n${ran.all}`);
  return ran;
}

const podlabCheck = (machine: Machine, lab: string): Promise<Ran> => machine.run(...podlab("check", lab, "--json"));

/** How many checks passed. @throws Error unless it ended with one of these exit codes, and had something to check */
function checked({ exitCode, stdout, all }: Ran, ...expected: number[]): string {
  if (!expected.includes(exitCode)) {
    throw new Error(`check ended with ${exitCode} instead of ${expected.join(" or ")}:\n${excerpt(all)}`);
  }
  const { summary } = JSON.parse(stdout) as { summary: { total: number; passed: number } };
  if (summary.total === 0) throw new Error("check had nothing to check");
  return `${summary.passed} of ${summary.total} checks`;
}

/** The checks that failed, of a report; whatever else was printed as it is. */
function excerpt(all: string): string {
  try {
    const { checks } = JSON.parse(all) as { checks: { id: string; verdict: string; reason: string }[] };
    const failed = checks.filter(({ verdict }) => verdict !== "passed");
    return failed.map(({ id, verdict, reason }) => `${id}: ${verdict}: ${reason}`).join("\n");
  } catch {
    return all;
  }
}
