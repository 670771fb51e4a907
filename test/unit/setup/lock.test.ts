import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeHolder, type LockHolder, lockHolder, withLock } from "../../../lab-scripts/setup/lock.mjs";

const LOCK_MODULE = new URL("../../../lab-scripts/setup/lock.mjs", import.meta.url).href;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lock = () => join(directory, "lock");

function inProcess(body: string) {
  const source = `import { withLock } from ${JSON.stringify(LOCK_MODULE)};
    import { readFileSync, writeFileSync } from "node:fs";
    const lock = ${JSON.stringify(lock())};
    ${body}`;
  return spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"] });
}

test("processes that race for a lock hold it one at a time", async () => {
  const counter = join(directory, "counter");
  writeFileSync(counter, "0");
  const turns = 20;
  const racer = `for (let turn = 0; turn < ${turns}; turn++) {
    await withLock(lock, { pollMs: 2 }, async () => {
      const before = Number(readFileSync(${JSON.stringify(counter)}, "utf8"));
      await new Promise((resolve) => setTimeout(resolve, 1));
      writeFileSync(${JSON.stringify(counter)}, String(before + 1));
    });
  }`;
  const racers = [1, 2, 3].map(() => inProcess(racer));
  await Promise.all(racers.map((child) => once(child, "exit")));
  expect(Number(readFileSync(counter, "utf8"))).toBe(racers.length * turns);
}, 30_000);

test("the lock of a holder that was killed is taken over; that of a living one is waited for", async () => {
  const holder = inProcess(`await withLock(lock, {}, () => {
    console.log("held");
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  });`);
  await once(holder.stdout, "data");
  const waitedFor: LockHolder[] = [];
  const taken = withLock(lock(), { pollMs: 5, onWait: (who) => waitedFor.push(who) }, () => "mine");
  const first = await Promise.race([taken, sleep(150, "still waiting")]);
  expect(first).toBe("still waiting");
  expect(waitedFor.map(({ pid }) => pid)).toEqual([holder.pid]);
  expect(describeHolder(waitedFor[0])).toContain(`pid ${holder.pid}`);

  holder.kill("SIGKILL");
  expect(await taken).toBe("mine");
}, 10_000);

test("a lock is free again after its work failed", async () => {
  await expect(withLock(lock(), {}, () => Promise.reject(new Error("work")))).rejects.toThrow("work");
  expect(lockHolder(lock())).toBeUndefined();
  expect(await withLock(lock(), {}, () => "next")).toBe("next");
});

test("a wait ends by its signal, and by its limit with a message that names the holder", async () => {
  await withLock(lock(), {}, async () => {
    expect(lockHolder(lock())?.pid).toBe(process.pid);
    const signal = AbortSignal.timeout(30);
    await expect(withLock(lock(), { signal, pollMs: 5 }, () => 0)).rejects.toThrow(/timeout/);
    await expect(withLock(lock(), { timeoutMs: 30, pollMs: 5 }, () => 0)).rejects.toThrow(`pid ${process.pid}`);
  });
});

test("a later process with the pid of a dead holder does not keep its lock alive", async () => {
  const record = await recordOf();
  put({ ...record, startTime: "1" });
  expect(await withLock(lock(), { timeoutMs: 100, pollMs: 5 }, () => "mine")).toBe("mine");
});

test("a holder on another machine keeps its lock while it touches the record, and loses it after", async () => {
  const record = await recordOf();
  put({ ...record, machine: "elsewhere", host: "elsewhere", pid: 1 });
  await expect(withLock(lock(), { timeoutMs: 30, pollMs: 5 }, () => 0)).rejects.toThrow("on elsewhere");
  const old = new Date(Date.now() - 120_000);
  utimesSync(join(lock(), "9"), old, old);
  expect(await withLock(lock(), { timeoutMs: 100, pollMs: 5 }, () => "mine")).toBe("mine");
});

test("a record that its writer did not finish counts for a few seconds only", async () => {
  mkdirSync(lock());
  writeFileSync(join(lock(), "3"), "");
  await expect(withLock(lock(), { timeoutMs: 30, pollMs: 5 }, () => 0)).rejects.toThrow("another podlab");
  const old = new Date(Date.now() - 10_000);
  utimesSync(join(lock(), "3"), old, old);
  expect(await withLock(lock(), { timeoutMs: 100, pollMs: 5 }, () => "mine")).toBe("mine");
});

async function recordOf(): Promise<LockHolder> {
  return await withLock(lock(), {}, () => lockHolder(lock()) as LockHolder);
}

function put(record: LockHolder): void {
  writeFileSync(join(lock(), "9"), JSON.stringify(record));
}
