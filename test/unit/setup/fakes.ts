// What set-up meets on a machine, in small: commands, an engine on a socket, a site.
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Progress, SetUpContext } from "../../../lab-scripts/setup/step.ts";

/** Puts an executable shell script into `directory`/bin, and gives its path. */
export function putCommand(directory: string, name: string, script: string): string {
  const file = join(directory, "bin", name);
  mkdirSync(join(directory, "bin"), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

/** A context whose PATH has the commands of `directory`/bin and the system's, but no Go, Pulumi or Docker of it. */
export function contextIn(directory: string, more: Partial<SetUpContext> = {}): SetUpContext {
  const PATH = `${join(directory, "bin")}:/usr/bin:/bin`;
  return {
    root: directory,
    cache: join(directory, "cache"),
    env: { PATH, HOME: directory, PULUMI_HOME: join(directory, "user-pulumi") },
    signal: new AbortController().signal,
    pulumiSite: "http://127.0.0.1:1",
    pluginReleases: "http://127.0.0.1:1",
    ...more,
  };
}

/** A progress that remembers what it was told. */
export function remembered(): Progress & { notes: string[] } {
  const notes: string[] = [];
  return { notes, at: () => {}, took: (how) => notes.push(`took ${how}`), note: (what) => notes.push(what) };
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Buffer;
}

export type Answers = (request: IncomingMessage) => Answer | undefined;

/** A server that answers by `answers`, else 404; on a socket path or a free port of the loopback interface. */
export async function serve(answers: Answers, socket?: string): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const answer = answers(request);
    const type = answer?.bytes ? "application/gzip" : "application/json";
    response.writeHead(answer ? (answer.status ?? 200) : 404, { "content-type": type, ...answer?.headers });
    response.end(answer?.bytes ?? JSON.stringify(answer?.json ?? {}));
  });
  await new Promise<void>((resolve) =>
    socket ? server.listen(socket, resolve) : server.listen(0, "127.0.0.1", resolve),
  );
  const { port } = socket ? { port: 0 } : (server.address() as AddressInfo);
  return { server, url: `http://127.0.0.1:${port}` };
}
