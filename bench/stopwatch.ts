/** What a command costs: time, processor time, and when each line of what it told came. */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";

/** How large a lab is: `16x4` is 16 hosts with 4 pods each. */
export interface Size {
  readonly hosts: number;
  readonly pods: number;
}

/** @throws Error for anything else */
export function sizeOf(text: string): Size {
  const [, hosts, pods] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (hosts === undefined) throw new Error(`${text} is no size; write hosts x pods, such as 4x4`);
  return { hosts: Number(hosts), pods: Number(pods) };
}

/** Kernel's unit of processor time in /proc/stat (USER_HZ, proc(5)). */
const TICKS_A_SECOND = 100;

export interface Cost {
  /** Seconds on the clock. */
  readonly seconds: number;
  /** Processor seconds of the whole machine meanwhile, engine and nodes included: only on a quiet machine are they the command's. */
  readonly cpu: number;
  /** Lines of standard error, each with the second at which it came. */
  readonly told: readonly { readonly at: number; readonly line: string }[];
}

/** A lab built and removed by somebody else, and how long both took. */
export interface PeerRun {
  readonly up: number;
  readonly upCpu: number;
  readonly down: number;
}

/** Ends what is being measured, which then removes its lab. */
export const interruption = new AbortController();

/**
 * The machine's kernel remembers an echo or a datagram for 30 s (nf_conntrack-sysctl), and Docker looks through all of them for
 * each endpoint that it removes. Labs are removed when they are done with, not in the second after the last packet.
 */
export const packetsForgotten = (): Promise<void> => setTimeout(35_000, undefined, { signal: interruption.signal });

/** @throws Error with the end of what the command told, when it fails */
export async function costOf(
  command: readonly string[],
  env: Record<string, string | undefined>,
  cwd = process.cwd(),
): Promise<Cost> {
  const [file, ...args] = command;
  const told: { at: number; line: string }[] = [];
  const cpuBefore = busySeconds();
  const began = performance.now();
  const since = () => Math.round((performance.now() - began) / 10) / 100;
  const child = execa(file!, args, { env, cwd, reject: false, stdin: "ignore", stdout: "ignore" });
  for await (const line of child.iterable({ from: "stderr" })) told.push({ at: since(), line });
  const { exitCode } = await child;
  const seconds = since();
  if (exitCode !== 0) {
    const last = told.slice(-20).map(({ line }) => line);
    throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${last.join("\n")}`);
  }
  return { seconds, cpu: Math.round((busySeconds() - cpuBefore) * 100) / 100, told };
}

/** Processor seconds that the machine has worked since its boot. */
function busySeconds(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync("/proc/stat", "utf8")
    .split("\n")[0]!
    .split(/\s+/)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq!) / TICKS_A_SECOND;
}
