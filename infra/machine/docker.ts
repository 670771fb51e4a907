/**
 * The one Docker client: requests to an engine's API (https://docs.docker.com/reference/api/engine/).
 *
 * Why not dockerode: it loads ssh2, protobufjs and gRPC, 0.2 s at each start of a command that is done in 0.5 s, and its ssh needs
 * keys that it is handed, where the user's own `ssh` has agents, jump hosts and its config. Why not the docker CLI: it takes 35 ms of
 * processor time to start, and a lab of 16 hosts asks a hundred questions. What is used of the API fits into this file. Several
 * machines are several instances: each endpoint has its own host (unix, tcp, tcp with TLS, ssh) and its own certificates.
 */
import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { UserError } from "../spec/problem.ts";
import { requestTo } from "./connection.ts";
import { type DockerEndpoint, dockerEndpoint } from "./endpoint.ts";

/** Longest wait for one answer: a healthy engine needs a tenth of a second. */
const TIMEOUT_MS = 20_000;

/** What failed, in the engine's own words; or that there is no engine, or that it says nothing. */
export class DockerError extends UserError {}

/** There is no such container, network or image. */
export class NotThere extends DockerError {}

/** The engine has not answered in time. */
export class NoAnswer extends DockerError {
  /** @param limit milliseconds */
  constructor(host: string, limit: number) {
    const why = host.startsWith("unix:")
      ? ", though it is there: it hangs, or has too much to do"
      : ": the machine can't be reached, or its engine hangs or has too much to do";
    super(`the Docker engine at ${host} gave no answer within ${limit / 1000} s${why}`);
  }
}

interface Call {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Milliseconds. */
  readonly within?: number;
  /** Ends the wait for an answer. */
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export class Docker {
  readonly endpoint: DockerEndpoint;

  constructor(endpoint: DockerEndpoint = dockerEndpoint()) {
    this.endpoint = endpoint;
  }

  /** @throws DockerError; NotThere */
  get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    return this.call<T>("GET", path, { query });
  }

  /** Returns what the engine says of those things that are still there. */
  async getThere<T>(paths: readonly string[]): Promise<T[]> {
    const answers = await Promise.all(paths.map((path) => unlessGone(this.get<T>(path))));
    return answers.filter((answer) => answer !== undefined);
  }

  /** @throws DockerError; NotThere */
  async call<T>(method: string, path: string, given: Call = {}): Promise<T> {
    const { status, text } = await this.answer(method, path, given);
    if (status < 400) return (text === "" ? undefined : JSON.parse(text)) as T;
    const said = `Error response from daemon: ${messageIn(text)}`;
    throw status === 404 ? new NotThere(said) : new DockerError(said);
  }

  /** Returns the answer, whatever its status. @throws NoAnswer; DockerError where there is no engine */
  async answer(method: string, path: string, given: Call): Promise<Answer> {
    const { query = {}, body, within = TIMEOUT_MS } = given;
    const timeout = AbortSignal.timeout(within);
    const signal = given.signal ? AbortSignal.any([timeout, given.signal]) : timeout;
    const parameters = new URLSearchParams(query).toString();
    const call = this.request(method, parameters === "" ? path : `${path}?${parameters}`, { body, signal });
    try {
      const [response] = (await once(call, "response")) as [IncomingMessage];
      return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response) };
    } catch (error) {
      if (timeout.aborted) throw new NoAnswer(this.endpoint.host, within);
      throw new DockerError(this.#unreachable(error as NodeJS.ErrnoException), { cause: error });
    }
  }

  /** Sends a request; what becomes of it is the caller's to hear. */
  request(
    method: string,
    path: string,
    given: { body?: object | undefined; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): ClientRequest {
    const { body, headers, signal } = given;
    const text = body === undefined ? "" : JSON.stringify(body);
    const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
    return requestTo(this.endpoint, {
      method,
      path,
      headers: { "Content-Length": Buffer.byteLength(text), ...type, ...headers },
      ...(signal ? { signal } : {}),
    }).end(text);
  }

  /** In the words of the docker CLI, by which users look for help. */
  #unreachable({ code, message }: NodeJS.ErrnoException): string {
    const { host } = this.endpoint;
    if (code === "EACCES") return `permission denied while trying to connect to the Docker daemon socket at ${host}`;
    if (code !== "ENOENT" && code !== "ECONNREFUSED") {
      return `the Docker engine at ${host} can't be asked: ${message} (docker info may say more)`;
    }
    return `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`;
  }
}

/** Returns undefined where there is no such thing. */
export async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: Error) => {
    if (error instanceof NotThere) return undefined;
    throw error;
  });
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text;
  }
}

/** A container's or network's id as Docker prints it. */
export const shortId = (id: string): string => id.slice(0, 12);
