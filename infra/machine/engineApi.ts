/**
 * The machine's Docker engine asked over its API (https://docs.docker.com/reference/api/engine/): a docker CLI takes 35 ms of
 * processor time to start.
 */
import { once } from "node:events";
import type { IncomingMessage, RequestOptions } from "node:http";
import { dockerEndpoint } from "../../lab-scripts/setup/dockerEndpoint.ts";
import { request } from "../../lab-scripts/setup/httpRequest.ts";
import { dialled } from "./dialled.ts";
import { DockerError, silence } from "./docker.ts";

/** How a request finds the engine. */
export type Engine = Pick<RequestOptions, "socketPath" | "createConnection" | "signal">;

const SOCKET = "unix://";

/** Longest wait for one answer: a healthy engine needs a tenth of a second. */
const TIMEOUT_MS = 20_000;

/** The engine that the docker CLI would ask. One that is behind TLS or ssh is asked through the CLI, which knows the way. */
export function theEngine(): Engine {
  const { host } = dockerEndpoint();
  return host.startsWith(SOCKET) ? { socketPath: host.slice(SOCKET.length) } : { createConnection: dialled };
}

/** There is no such thing. */
export class NotThere extends DockerError {}

/**
 * The engine's answer to a question.
 * @throws NotThere; DockerError in the engine's own words, or that there is no engine, or that it hangs
 */
export async function ask<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const parameters = new URLSearchParams(query).toString();
  try {
    return await asked<T>({ ...theEngine(), signal }, "GET", parameters === "" ? path : `${path}?${parameters}`);
  } catch (error) {
    if (error instanceof DockerError) throw error;
    throw new DockerError(signal.aborted ? silence(TIMEOUT_MS) : unreachable(error as NodeJS.ErrnoException), "");
  }
}

/** What the engine says of those of several things that are still there. */
export async function askThere<T>(paths: readonly string[]): Promise<T[]> {
  const answers = paths.map((path) =>
    ask<T>(path).catch((error: Error) => {
      if (error instanceof NotThere) return undefined;
      throw error;
    }),
  );
  return (await Promise.all(answers)).filter((answer) => answer !== undefined);
}

/** In the words of the docker CLI, by which users look for help. */
function unreachable({ code, message }: NodeJS.ErrnoException): string {
  const { host } = dockerEndpoint();
  if (code === "EACCES") return `permission denied while trying to connect to the Docker daemon socket at ${host}`;
  if (code !== "ENOENT" && code !== "ECONNREFUSED") {
    return `the Docker engine at ${host} can't be asked: ${message} (docker info may say more)`;
  }
  return `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`;
}

/** The engine's answer to a request. @throws DockerError in the engine's own words, as the docker CLI passes them on */
export async function asked<T>(engine: Engine, method: string, path: string, body?: object): Promise<T> {
  const [response] = (await once(call(engine, method, path, body), "response")) as [IncomingMessage];
  const text = await textOf(response);
  const { statusCode = 0 } = response;
  if (statusCode < 300) return (text === "" ? undefined : JSON.parse(text)) as T;
  const said = `Error response from daemon: ${messageIn(text)}`;
  throw statusCode === 404 ? new NotThere(said, "") : new DockerError(said, "");
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text;
  }
}

export function call(engine: Engine, method: string, path: string, body?: object, more: Record<string, string> = {}) {
  const text = body === undefined ? "" : JSON.stringify(body);
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  const headers = { Host: "docker", "Content-Length": Buffer.byteLength(text), ...type, ...more };
  // No connection is kept for later: that would be one to an engine that may have been restarted since.
  const agent = engine.createConnection ? {} : { agent: false };
  return request({ ...engine, ...agent, method, path, headers }).end(text);
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return text;
}
