/** Which test has a lab. A machine has one lab of a name, so of two runs that want the same one, one waits. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeHolder, type LockHolder, lockHolder, withLock } from "../../lab-scripts/setup/lock.mjs";

/** Shorter than a hook may take (vitest.config.ts), so that what is told is whom it waited for. */
const LONGEST_WAIT = 240_000;

/** A folder that is the test's own while it owns the lab; nobody else's things are in it. */
export const folderOf = (lab: string): string => join(tmpdir(), "podlab-tests", lab);
const lockOf = (lab: string) => join(tmpdir(), "podlab-tests", `${lab}.lock`);

/**
 * Waits until no other test run has the lab, then has it until `release`, or until this process ends.
 * @throws Error naming the other run when it still has it after four minutes
 */
export function own(lab: string): Promise<{ readonly release: () => void }> {
  const onWait = (holder: LockHolder) => console.error(`lab ${lab}: waiting for ${describeHolder(holder)}`);
  return new Promise((resolve, reject) => {
    const held = () => new Promise<void>((release) => resolve({ release }));
    withLock(lockOf(lab), { onWait, timeoutMs: LONGEST_WAIT }, held).catch(reject);
  });
}

/** Whether a test that still runs has the lab. */
export function isOwned(lab: string): boolean {
  return existsSync(lockOf(lab)) && lockHolder(lockOf(lab)) !== undefined;
}
