/** Commands inside a container, as `docker exec -i` runs them (https://docs.docker.com/reference/api/engine/, Exec). */
import { type Duplex, PassThrough } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { Docker, DockerError } from "./docker.ts";
import type { Running } from "./running.ts";
import { printable } from "./told.ts";

/** How long commands in a node may take, in milliseconds. */
export const LIMIT = {
  /** It answers in well under a second, one with a hung engine after about five. */
  observe: 12_000,
  file: 20_000,
  script: 60_000,
  /** All calls that the agent makes have limits of their own. As in components/apply.sh. */
  apply: 300_000,
};

/** Starts a command in a container. */
export function inside(container: string, command: readonly string[], docker: Docker = new Docker()): Running {
  const stdin = new PassThrough().on("error", ignore);
  const stdout = new PassThrough();
  const problem: string[] = [];
  const left = new AbortController();
  const run = async (): Promise<number | null> => {
    const exec = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: command };
    const asked = { body: exec, signal: left.signal };
    const { Id } = await docker.call<{ Id: string }>("POST", `/containers/${container}/exec`, asked);
    const connection = await attach(docker, Id, left.signal);
    connection.on("error", ignore);
    left.signal.addEventListener("abort", () => connection.destroy());
    stdin.pipe(connection);
    const stderr = (text: Buffer) => problem.push(text.toString());
    connection.on("data", demultiplexer({ stdout: (text) => stdout.write(text), stderr }));
    await finished(connection, { writable: false, signal: left.signal });
    connection.destroy();
    return (await docker.get<{ ExitCode: number | null }>(`/exec/${Id}/json`)).ExitCode;
  };
  const ended = run()
    .catch((error: Error) => {
      if (!left.signal.aborted) problem.push(error.message);
      return null;
    })
    .then(async (code) => {
      stdout.end();
      await finished(stdout); // as the end of a child process comes after all of its output
      return code;
    });
  return { stdin, stdout, problem, kill: () => left.abort(), ended };
}

/**
 * Returns the standard output of a command in a container.
 * @param limit milliseconds
 * @throws DockerError in its own words or the engine's
 */
export async function outputInside(
  limit: number,
  container: string,
  command: readonly string[],
  input = "",
  docker = new Docker(),
): Promise<string> {
  const { stdin, stdout, problem, kill, ended } = inside(container, command, docker);
  const timer = setTimeout(() => {
    const what = command.slice(0, 2).join(" ");
    problem.unshift(
      `${what} in ${container} did not end within ${limit / 1000} s; docker restart ${container} may help`,
    );
    kill();
  }, limit);
  stdin.end(input);
  const [output, code] = await Promise.all([textOf(stdout), ended]);
  clearTimeout(timer);
  if (code !== 0) throw new DockerError(printable(problem.join("\n").trim(), "\n") || `exit code ${code}`);
  return output;
}

/** A program that ends before it has read everything has said why, or its exit code tells. */
function ignore(): void {}

/** Before each piece of the program's output: which stream it is of, three unused bytes, and its length. */
const HEADER = 8;
const STDERR = 2;

interface Streams {
  readonly stdout: (text: Buffer) => void;
  readonly stderr: (text: Buffer) => void;
}

/** Returns what takes the engine's bytes, however they were cut on their way, and hands on what the program wrote. */
export function demultiplexer({ stdout, stderr }: Streams): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt32BE(4)) {
      const end = HEADER + rest.readUInt32BE(4);
      const piece = rest.subarray(HEADER, end);
      if (rest[0] === STDERR) stderr(piece);
      else stdout(piece);
      rest = rest.subarray(end);
    }
  };
}

/** Returns the connection to the program's standard streams, once it has been started. */
function attach(docker: Docker, exec: string, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const body = { Detach: false, Tty: false };
    const headers = { Connection: "Upgrade", Upgrade: "tcp" };
    const start = docker.request("POST", `/exec/${exec}/start`, { body, headers, signal });
    start.on("error", reject);
    start.on("response", (response) => textOf(response).then((text) => reject(new Error(text)), reject));
    start.on("upgrade", (_, socket, first) => {
      if (first.length > 0) socket.unshift(first);
      resolve(socket);
    });
  });
}
