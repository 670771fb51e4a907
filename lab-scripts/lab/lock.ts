/** Who is changing a stack: Pulumi's file backend leaves a note while it works, and leaves it behind when it is killed. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Failure } from "../commands/failure.ts";
import { isAlive, type LockHolder, withLock } from "../setup/lock.mjs";
import { EXIT } from "../verify/exitCode.ts";
import { lockDirectory, ownLock } from "./project.ts";

export interface Holder {
  readonly pid: number;
  readonly since: string;
  readonly alive: boolean;
  /** Its note. */
  readonly file: string;
}

/** The holders of the stack's lock; none when it is free. */
export function lockHolders(stack: string): Holder[] {
  const directory = lockDirectory(stack);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith(".json"))
    .map((file) => holderOf(join(directory, file)));
}

/** A note is empty or cut off when the machine lost power while it was written: then nobody is at work. */
function holderOf(file: string): Holder {
  try {
    const {
      pid,
      hostname: host,
      timestamp,
    } = JSON.parse(readFileSync(file, "utf8")) as {
      pid: number;
      hostname: string;
      timestamp: string;
    };
    return { pid, since: timestamp, alive: host !== hostname() || isPulumi(pid), file };
  } catch {
    return { pid: 0, since: "", alive: false, file };
  }
}

/**
 * Clears away what runs that were killed left, as `pulumi cancel` does; that one wants a state to be there.
 * @throws Failure (exit code 2) when somebody else is changing the stack
 */
export function takeOver(stack: string): void {
  const holders = lockHolders(stack);
  const other = holders.find(({ alive }) => alive);
  if (other) throw beingChanged(stack, other.pid, other.since);
  for (const { file } of holders) rmSync(file, { force: true });
}

/** After a reboot the number in a note may be any other process's. Where there is no /proc, one that runs is taken for it. */
function isPulumi(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").includes("pulumi");
  } catch {
    return true;
  }
}

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

const beingChanged = (stack: string, pid: number, since: string): Failure =>
  new Failure(
    EXIT.notProved,
    `stack ${stack} is being changed by process ${pid} since ${since}; wait for it, or end it`,
  );
