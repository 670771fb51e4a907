/** Whether a node has booted, asked of a prober that waits there: the real one, started here. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeExec } from "../../lab-scripts/verify/nodeProgram.ts";
import { awaitBoot } from "../../lab-scripts/verify/prober.ts";
import { onThisMachine } from "./agent.ts";

const NODE = { name: "router", container: "lab.router" };
let readyFile: string;

beforeAll(() => {
  readyFile = join(mkdtempSync(join(tmpdir(), "podlab-boot-")), "ready");
});
afterAll(() => rmSync(join(readyFile, ".."), { recursive: true }));

const trouble = (exec: NodeExec = onThisMachine) => awaitBoot(NODE, { readyFile, limit: 200 }, exec);
const shell =
  (script: string): NodeExec =>
  () => ["sh", "-c", script];

test("one that has not is told, with what is not there", async () => {
  const reason = `router did not finish its boot within 0.2 s: ${readyFile} is not there`;
  expect(await trouble()).toEqual({ node: "router", kind: "broken", reason });
});

test("one that has is no trouble", async () => {
  writeFileSync(readyFile, "");
  expect(await trouble()).toBeUndefined();
});

test("one that has said so need not have ended", async () => {
  const started = performance.now();
  expect(
    await trouble(shell(`read -r job; echo '{"ready":true}'; echo '{"done":true}'; exec sleep 4`)),
  ).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(3_000);
});

test("a prober that speaks of something else says nothing about the boot", async () => {
  expect(await trouble(shell("read -r job; echo no JSON"))).toMatchObject({
    kind: "broken",
    reason: expect.stringContaining("no JSON"),
  });
});
