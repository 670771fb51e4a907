/** Who is changing a stack: another podlab of this clone, or a Pulumi that the user runs. */
import { hostname } from "node:os";
import { textIn } from "../../infra/files.ts";
import { EXIT, Failure } from "../exit.ts";
import { isAlive, type LockHolder, withLock } from "../setup/lock.mjs";
import { ownLock } from "./project.ts";

/**
 * Runs `work` while no other podlab of this clone changes the stack: Pulumi's lock is there only while its engine runs, and
 * there is work before and after.
 * @throws Failure (exit code 2) when another one does
 */
export function alone<T>(stack: string, work: () => Promise<T>): Promise<T> {
  const onWait = ({ pid, since }: LockHolder) => {
    throw beingChanged(stack, pid, since);
  };
  return withLock(ownLock(stack), { onWait }, work);
}

interface PulumiLock {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** Pure. Returns who holds Pulumi's lock, from its message: `… created by me@laptop (pid 4711) at 2026-01-01T00:00:00Z`. */
export function lockIn(message: string): PulumiLock | undefined {
  const [, host, pid, since] = /created by \S+@(\S+) \(pid (\d+)\) at (\S+)/.exec(message) ?? [];
  return host === undefined ? undefined : { host, pid: Number(pid), since: since! };
}

/** Whether whoever holds it still works. A killed Pulumi leaves its lock behind, which `pulumi cancel` removes. */
export function isAtWork({ pid, host }: PulumiLock): boolean {
  // Nobody can look at another machine.
  return host !== hostname() || isPulumi(pid);
}

/** After a reboot the number may be any other process's. Where there is no /proc, one that runs is taken for it. */
function isPulumi(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const name = textIn(`/proc/${pid}/comm`);
  return name === "" || name.includes("pulumi");
}

export const beingChanged = (stack: string, pid: number, since: string): Failure =>
  new Failure(
    EXIT.notProved,
    `stack ${stack} is being changed by process ${pid} since ${since}; wait for it, or end it`,
  );
