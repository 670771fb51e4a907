/**
 * The machine's Docker engine asked over its socket (https://docs.docker.com/reference/api/engine/): a docker CLI takes 35 ms of
 * processor time to start.
 */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { dockerEndpoint } from "../../lab-scripts/setup/dockerEndpoint.ts";

const SOCKET = "unix://";

/** Undefined where the engine is elsewhere, behind TLS or ssh: the docker CLI knows the way. */
export function engineSocket(): string | undefined {
  const { host } = dockerEndpoint();
  return host.startsWith(SOCKET) ? host.slice(SOCKET.length) : undefined;
}

export interface Engine {
  readonly socketPath: string;
  /** Ends every wait for it. */
  readonly signal?: AbortSignal;
}

/** The engine's answer to a request. @throws Error in the engine's own words, as the docker CLI passes them on */
export async function asked<T>(engine: Engine, method: string, path: string, body?: object): Promise<T> {
  const [response] = (await once(call(engine, method, path, body), "response")) as [IncomingMessage];
  const text = await textOf(response);
  if (response.statusCode! >= 300) throw new Error(`Error response from daemon: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export function call(engine: Engine, method: string, path: string, body?: object, more: Record<string, string> = {}) {
  const text = body === undefined ? "" : JSON.stringify(body);
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  const headers = { Host: "docker", "Content-Length": Buffer.byteLength(text), ...type, ...more };
  return request({ ...engine, method, path, agent: false, headers }).end(text);
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return text;
}
