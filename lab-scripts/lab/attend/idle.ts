/** Work that can wait for a moment in which the machine has little else to do. */
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Of all processors' time. */
const IDLE_SHARE = 0.75;
const LOOK_AGAIN_MS = 200;

/** Resolves when the machine was idle for a moment, or when `hurry` is aborted. Nothing is kept from ending by it. */
export async function untilIdle(hurry: AbortSignal): Promise<void> {
  let before = times();
  while (!hurry.aborted) {
    await sleep(LOOK_AGAIN_MS, undefined, { signal: hurry, ref: false }).catch(() => {});
    const now = times();
    if (now.idle - before.idle > IDLE_SHARE * (now.all - before.all)) return;
    before = now;
  }
}

/** Of all processors together, in milliseconds. */
function times(): { idle: number; all: number } {
  const each = cpus().map(({ times }) => times);
  return {
    idle: each.reduce((sum, { idle }) => sum + idle, 0),
    all: each.reduce((sum, { user, nice, sys, irq, idle }) => sum + user + nice + sys + irq + idle, 0),
  };
}
