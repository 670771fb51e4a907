/** What is told of an engine that hangs while Pulumi works, on a socket that answers when the test says so. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchEngine } from "../../../lab-scripts/lab/engineWatch.ts";

const LIMITS = { everyMs: 5, tellAfterMs: 60, giveUpAfterMs: 400 };
let directory: string;
let server: Server;
let hangs: boolean;
let ended: AbortController;
let told: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "podlab-watch-"));
  hangs = false;
  ended = new AbortController();
  told = [];
  server = createServer((_, response) => {
    response.setHeader("Api-Version", "1.49");
    if (!hangs) response.end("OK");
  });
  await new Promise<void>((resolve) => server.listen(join(directory, "docker.sock"), resolve));
});
afterEach(() => {
  ended.abort();
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

function watch(limits = LIMITS): Promise<void> {
  const endpoint = { host: `unix://${join(directory, "docker.sock")}`, fromContext: false };
  const giveUp = () => told.push("given up");
  return watchEngine(endpoint, ended.signal, { tell: (line) => told.push(line), giveUp }, limits);
}

test("of one that answers nothing is told, and the watch ends with the work", async () => {
  // A busy machine may take longer to answer than the other tests wait.
  const watched = watch({ everyMs: 5, tellAfterMs: 5_000, giveUpAfterMs: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  ended.abort();
  await watched;
  expect(told).toEqual([]);
});

test("one that hangs is told once, and again when it answers", async () => {
  hangs = true;
  void watch();
  await expect.poll(() => told).toEqual([expect.stringMatching(/docker\.sock has not answered for .* at most 0 s/)]);
  hangs = false;
  await expect.poll(() => told[1]).toMatch(/answers again/);
});

test("one that hangs for too long is given up, once", async () => {
  hangs = true;
  await watch();
  expect(told).toEqual([expect.stringContaining("has not answered"), "given up"]);
});
