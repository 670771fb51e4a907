import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { Docker } from "../../../infra/machine/docker.ts";
import { demultiplexer, inside, outputInside } from "../../../infra/machine/inside.ts";

const folder = mkdtempSync(join(tmpdir(), "podlab-engine-"));
afterAll(() => rmSync(folder, { recursive: true }));
let engine: Server | undefined;
afterEach(() => engine?.close());

const at = (path: string) => new Docker({ host: `unix://${path}`, fromContext: false });

function frame(stream: 1 | 2, text: string): Buffer {
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** An engine whose one program says back what it reads, complains once, and ends with 7. */
async function echoing(): Promise<string> {
  const path = join(folder, `${Math.random()}.sock`);
  engine = createServer((request, response) => {
    request.resume();
    const said: Record<string, [number, object]> = {
      "/containers/here/exec": [201, { Id: "e1" }],
      "/containers/gone/exec": [404, { message: "No such container: gone" }],
      "/exec/e1/json": [200, { ExitCode: 7 }],
    };
    const [status, body] = said[request.url!] ?? [500, { message: `unknown ${request.url}` }];
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  }).on("upgrade", (_, socket) => {
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    socket.write(frame(2, "a word of complaint\n"));
    let read = "";
    socket.on("data", (text: Buffer) => {
      read += text;
    });
    socket.on("error", () => {}); // who goes away does not hear the rest
    socket.on("end", () => socket.end(frame(1, `read ${read}`)));
  });
  await new Promise<void>((resolve) => engine!.listen(path, resolve));
  return path;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}

test("a program gets what is written to it, to the end; what it says, complains of and ends with comes back", async () => {
  const { stdin, stdout, problem, ended } = inside("here", ["cat"], at(await echoing()));
  stdin.end("to be read");
  expect(await textOf(stdout)).toBe("read to be read");
  expect(await ended).toBe(7);
  expect(problem.join("")).toBe("a word of complaint\n");
});

test("an engine that has no such container says so in its own words", async () => {
  const { stdout, problem, ended } = inside("gone", ["cat"], at(await echoing()));
  stdout.resume();
  expect(await ended).toBeNull();
  expect(problem.join("")).toMatch(/^Error response from daemon: .*No such container: gone/);
});

test("no engine is told, too", async () => {
  const { stdout, problem, ended } = inside("here", ["cat"], at(join(folder, "nobody.sock")));
  stdout.resume();
  expect(await ended).toBeNull();
  expect(problem.join("")).toContain("Cannot connect to the Docker daemon");
});

test("who goes away waits for no end", async () => {
  const { stdout, kill, ended } = inside("here", ["cat"], at(await echoing()));
  stdout.resume();
  setTimeout(kill, 50);
  expect(await ended).toBeNull();
});

test("who goes away from an engine that says nothing does not wait either", async () => {
  const path = join(folder, "silent.sock");
  engine = createServer(() => {});
  await new Promise<void>((resolve) => engine!.listen(path, resolve));
  const { stdout, kill, ended } = inside("here", ["cat"], at(path));
  stdout.resume();
  setTimeout(kill, 50);
  expect(await ended).toBeNull();
});

test("what does not end within its limit is named: the command, the container, how long, what to do", async () => {
  const path = join(folder, "silent.sock");
  engine = createServer(() => {});
  await new Promise<void>((resolve) => engine!.listen(path, resolve));
  await expect(outputInside(50, "lab.host01", ["podlab-node", "observe"], "", at(path))).rejects.toThrow(
    /^podlab-node observe in lab\.host01 did not end within 0\.05 s; docker restart lab\.host01 may help$/,
  );
});

test("the pieces of both streams are put together again, wherever they were cut", () => {
  const all = Buffer.concat([frame(1, "one\n"), frame(2, "two\n"), frame(1, ""), frame(1, "three\n")]);
  for (const step of [1, 3, 8, 9, all.length]) {
    const heard = { stdout: "", stderr: "" };
    const take = demultiplexer({
      stdout: (text) => {
        heard.stdout += text;
      },
      stderr: (text) => {
        heard.stderr += text;
      },
    });
    for (let at = 0; at < all.length; at += step) take(all.subarray(at, at + step));
    expect(heard).toEqual({ stdout: "one\nthree\n", stderr: "two\n" });
  }
});
