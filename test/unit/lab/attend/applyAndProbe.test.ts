/** What the program is told of a new node's units, by an attendant that may not be there, or not answer. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ATTENDANT, applyAttended } from "../../../../infra/machine/attendant.ts";

const WHAT = { container: "lab.host01", id: "4bb03132a022", job: [{ name: "bridge-cbr0" }] };
let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "podlab-apply-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  server?.close();
  rmSync(folder, { recursive: true });
});

/** Somebody who answers when it has heard two lines, or goes away after the first. */
async function attendant(answer: string | undefined): Promise<string[]> {
  const heard: string[] = [];
  const path = join(folder, "socket");
  vi.stubEnv(ATTENDANT, path);
  server = createServer((socket) => {
    createInterface(socket).on("line", (line) => {
      heard.push(line);
      if (answer === undefined) socket.destroy();
      else if (heard.length === 2) socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server!.listen(path, resolve));
  return heard;
}

test("the job first, and whether the node is plugged in when that is known", async () => {
  const heard = await attendant("bridge-cbr0\n");
  const plugged = Promise.withResolvers<string>();
  const applied = applyAttended(WHAT, plugged.promise);
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  plugged.resolve("plugged\n");
  expect(await applied).toBe("bridge-cbr0\n");
  expect(JSON.parse(heard[0]!)).toEqual({ ask: "apply", ...WHAT });
  expect(heard[1]).toBe("plugged");
});

test("who is gone in between, has applied nothing that is known of", async () => {
  await attendant(undefined);
  expect(await applyAttended(WHAT, new Promise(() => {}))).toBe("");
});

test("where nobody attends, who asks has to do it", async () => {
  expect(await applyAttended(WHAT, Promise.resolve("plugged\n"))).toBeUndefined();
  vi.stubEnv(ATTENDANT, join(folder, "nobody"));
  expect(await applyAttended(WHAT, Promise.resolve("plugged\n"))).toBeUndefined();
});
