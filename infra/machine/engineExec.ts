/**
 * What `docker exec -i` does, asked of the engine itself over its socket (https://docs.docker.com/reference/api/engine/, Exec):
 * a docker CLI takes as much processor time to start as some hundred probes.
 */
import { type Duplex, PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { asked, call, type Engine, textOf } from "./engineApi.ts";
import type { Running } from "./running.ts";

export function engineExec(where: Engine, container: string, command: readonly string[]): Running {
  const stdin = new PassThrough().on("error", unheard);
  const stdout = new PassThrough();
  const problem: string[] = [];
  const gone = new AbortController();
  const engine: Engine = { ...where, signal: gone.signal };
  const { promise: begun, resolve: began } = Promise.withResolvers<void>();
  const run = async (): Promise<number | null> => {
    const exec = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: command };
    const { Id } = await asked<{ Id: string }>(engine, "POST", `/containers/${container}/exec`, exec);
    const connection = await attached(engine, Id, began);
    connection.on("error", unheard);
    gone.signal.addEventListener("abort", () => connection.destroy());
    stdin.pipe(connection);
    const complain = (text: Buffer) => problem.push(text.toString());
    connection.on("data", takenApart({ stdout: (text) => stdout.write(text), stderr: complain }));
    await finished(connection, { writable: false, signal: gone.signal });
    connection.destroy();
    return (await asked<{ ExitCode: number | null }>(engine, "GET", `/exec/${Id}/json`)).ExitCode;
  };
  const ended = run()
    .catch((error: Error) => {
      if (!gone.signal.aborted) problem.push(error.message);
      return null;
    })
    .then(async (code) => {
      began();
      stdout.end();
      await finished(stdout); // as the end of a child process comes after all that it said
      return code;
    });
  return { stdin, stdout, problem, begun, kill: () => gone.abort(), ended };
}

/** A program that ends before it has read everything has said why, or its exit code tells. */
function unheard(): void {}

/** Before each piece of the program's output: which stream it is of, three unused bytes, and its length. */
const HEADER = 8;
const STDERR = 2;

interface Streams {
  readonly stdout: (text: Buffer) => void;
  readonly stderr: (text: Buffer) => void;
}

/** Takes what comes from the engine, however it was cut on its way, and hands on what the program wrote. */
export function takenApart({ stdout, stderr }: Streams): (data: Buffer) => void {
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

/**
 * The connection to the program's standard streams, once it has been started.
 * @param sent called when the engine has been told to start it, which then takes the engine a while
 */
function attached(engine: Engine, exec: string, sent: () => void): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const start = call(engine, "POST", `/exec/${exec}/start`, { Detach: false, Tty: false }, UPGRADE);
    start.on("finish", sent);
    start.on("error", reject);
    start.on("response", (response) => textOf(response).then((text) => reject(new Error(text)), reject));
    start.on("upgrade", (_, socket, first) => {
      if (first.length > 0) socket.unshift(first);
      resolve(socket);
    });
  });
}

const UPGRADE = { Connection: "Upgrade", Upgrade: "tcp" };
