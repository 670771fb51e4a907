// A lock between processes, in files. Plain JavaScript, because the bootstrap takes one before TypeScript can run.
//
// A lock is a directory of numbered records; the highest number is the lock's state and is never deleted. To take it,
// a process creates the next number, exclusively. A record says who holds the lock or that it is free. So a lock whose
// holder died is taken over without a moment in which two could both believe they have it, which a single file that is
// deleted and created again would have.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, uptime } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const HEARTBEAT_MS = 15_000;
/** A holder that this process can't look at (another machine or container) is alive while it touches its record. */
const FOREIGN_STALE_MS = 4 * HEARTBEAT_MS;
/** A record without content was being written when its writer died, unless it is younger than this. */
const UNFINISHED_MS = 5_000;

/**
 * Runs `work` while holding the lock `directory`.
 * @param directory made when missing; holds nothing but the lock
 * @param options `onWait(holder)` is called once for each holder waited for; `signal` ends the wait;
 *   `timeoutMs` bounds it (45 minutes unless told: the longest set-up step on a slow machine takes less)
 * @throws when the wait is over or aborted; otherwise what `work` throws, with the lock released
 */
export async function withLock(directory, options, work) {
  const { onWait, signal, timeoutMs = 45 * 60_000, pollMs = 200 } = options;
  mkdirSync(directory, { recursive: true });
  const deadline = Date.now() + timeoutMs;
  let told;
  let mine = tryToTake(directory);
  while (mine === undefined) {
    const { holder } = currentRecord(directory);
    if (holder && holder.pid !== told) {
      told = holder.pid;
      onWait?.(holder);
    }
    if (Date.now() > deadline) {
      throw new Error(
        `waited ${Math.round(timeoutMs / 1000)} s for ${describeHolder(holder)}, who holds ${directory}. ` +
          "End that process, or wait for it, then run the command again.",
      );
    }
    // With the reason that the signal was given.
    await sleep(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    mine = tryToTake(directory);
  }
  const heartbeat = setInterval(() => touch(join(directory, String(mine))), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    release(directory, mine);
  }
}

/** @returns who holds a lock now, or undefined when nobody does */
export function lockHolder(directory) {
  const { held, holder } = currentRecord(directory);
  return held ? holder : undefined;
}

/** A holder as a message names it. */
export function describeHolder(holder) {
  if (!holder?.pid) return "another podlab";
  const where = holder.machine === thisMachine() ? "" : ` on ${holder.host}`;
  return `another podlab (pid ${holder.pid}${where}, since ${String(holder.since).slice(11, 19)} UTC)`;
}

/**
 * Whether a process of that id runs; with `startTime` also whether it is that one and not a later one. One that has
 * ended counts as gone, though its parent has not asked for its status yet: in some containers nobody ever does.
 */
export function isAlive(pid, startTime) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
  }
  const stat = processStat(pid);
  if (stat?.[0] === "Z" || stat?.[0] === "X") return false;
  return startTime === undefined || startTime === processStartTime(pid);
}

/** When a process started, in clock ticks since boot (proc(5), /proc/pid/stat field 22); undefined where unknown. */
export function processStartTime(pid) {
  return processStat(pid)?.[19];
}

/** The fields of /proc/pid/stat from the third on: state, parent, … */
function processStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the command, in parentheses, may hold anything
  } catch {
    return undefined;
  }
}

function tryToTake(directory) {
  const { number, held } = currentRecord(directory);
  if (held) return undefined;
  const next = number + 1;
  const holder = {
    pid: process.pid,
    startTime: processStartTime(process.pid),
    machine: thisMachine(),
    host: hostname(),
    since: new Date().toISOString(),
  };
  try {
    writeFileSync(join(directory, String(next)), JSON.stringify(holder), { flag: "wx" });
  } catch (error) {
    if (error.code === "EEXIST") return undefined; // another was quicker
    throw error;
  }
  // The state that was read may be long out of date: then `next` was used and removed already, and is not the highest.
  if (currentRecord(directory).number !== next) {
    rmSync(join(directory, String(next)), { force: true });
    return undefined;
  }
  for (const older of numbers(directory)) {
    if (older < next) rmSync(join(directory, String(older)), { force: true });
  }
  return next;
}

function release(directory, number) {
  const temporary = join(directory, `free-${process.pid}`);
  writeFileSync(temporary, JSON.stringify({ free: true }));
  renameSync(temporary, join(directory, String(number)));
}

function currentRecord(directory) {
  const number = Math.max(0, ...numbers(directory));
  if (number === 0) return { number, held: false };
  const file = join(directory, String(number));
  try {
    const touched = statSync(file).mtimeMs;
    const age = Date.now() - touched;
    const content = readFileSync(file, "utf8");
    if (!content.endsWith("}")) return { number, held: age < UNFINISHED_MS };
    const holder = JSON.parse(content);
    if (holder.free) return { number, held: false };
    const held =
      holder.machine === thisMachine()
        ? isAlive(holder.pid, holder.startTime)
        : age < FOREIGN_STALE_MS && !(holder.host === hostname() && touched < bootedAt());
    return { number, held, holder };
  } catch (error) {
    if (error.code === "ENOENT") return { number, held: true }; // a newer record has just replaced it: look again
    throw error;
  }
}

function numbers(directory) {
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Process ids mean something only within one boot and one pid namespace. */
let machine;
function thisMachine() {
  machine ??= [hostname(), ...facts()].join(" ");
  return machine;
}

function facts() {
  try {
    return [readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), readlinkSync("/proc/self/ns/pid")];
  } catch {
    return [];
  }
}

/** Nothing that held a lock of this machine then is left; another machine of this name would have touched its record since. */
function bootedAt() {
  return Date.now() - uptime() * 1000;
}

function touch(file) {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // gone with its directory: nothing left to keep
  }
}
