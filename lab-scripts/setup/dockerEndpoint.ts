import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { request } from "./httpRequest.ts";
import { SetupError } from "./setupError.ts";

/** The engine that the docker CLI would talk to. */
export interface DockerEndpoint {
  /** As in DOCKER_HOST: `unix:///var/run/docker.sock`, `tcp://…`, `ssh://…`. */
  host: string;
  /** Whether the user chose it by a docker context, which tools other than the CLI don't know of. */
  fromContext: boolean;
}

export interface Engine {
  version: string;
  apiVersion: string;
}

/** What an engine said, or why it said nothing; `hangs` when it is there all the same. */
export type EngineAnswer = { engine: Engine } | { silence: string; hangs?: true };

/** How long an engine that is there may take to answer. One that is not is silent at once. */
export const PATIENCE_MS = 10_000;

const DEFAULT_HOST = "unix:///var/run/docker.sock";

/**
 * The engine that the docker CLI would talk to, found by the CLI's own rules: DOCKER_HOST, then DOCKER_CONTEXT, then
 * the current context of the CLI's configuration (https://docs.docker.com/engine/manage-resources/contexts/).
 */
export function dockerEndpoint(env: NodeJS.ProcessEnv = process.env): DockerEndpoint {
  if (env.DOCKER_HOST) return { host: env.DOCKER_HOST, fromContext: false };
  const config = env.DOCKER_CONFIG || join(homedir(), ".docker");
  const name =
    env.DOCKER_CONTEXT || (readJson(join(config, "config.json")) as { currentContext?: string })?.currentContext;
  if (!name || name === "default") return { host: DEFAULT_HOST, fromContext: false };
  const id = createHash("sha256").update(name).digest("hex");
  const meta = readJson(join(config, "contexts", "meta", id, "meta.json")) as {
    Endpoints?: { docker?: { Host?: string } };
  };
  const host = meta?.Endpoints?.docker?.Host;
  return host ? { host, fromContext: true } : { host: DEFAULT_HOST, fromContext: false };
}

/**
 * Asks an engine for its version: over its socket, which takes 2 ms, else by the CLI, which knows TLS and ssh. By a ping, which
 * tells it in its head: to answer /version an engine starts two programs and asks them for theirs.
 * @param timeoutMs for all of it
 */
export async function askEngine(endpoint: DockerEndpoint, timeoutMs = PATIENCE_MS): Promise<EngineAnswer> {
  if (!endpoint.host.startsWith("unix://")) return await askByCli(endpoint, timeoutMs);
  try {
    const { status, head } = await engineRequest(endpoint, "GET", "/_ping", timeoutMs);
    const apiVersion = String(head["api-version"] ?? "");
    if (status !== 200 || apiVersion === "") return { silence: `${endpoint.host} answered HTTP ${status}` };
    const version = /\/(\S+)/.exec(String(head.server ?? ""))?.[1] ?? `one with API ${apiVersion}`;
    return { engine: { version, apiVersion } };
  } catch (error) {
    if (error instanceof NoAnswer) return { silence: error.message, hangs: true };
    return { silence: `${endpoint.host}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}` };
  }
}

/**
 * Whether the engine has an image of that name; false when there is no engine.
 * @throws NoAnswer from one that hangs: it has not said no
 */
export async function hasImage(endpoint: DockerEndpoint, name: string): Promise<boolean> {
  if (!endpoint.host.startsWith("unix://")) {
    return (await runCommand("docker", ["image", "inspect", name], { timeoutMs: 10_000 })).ok;
  }
  try {
    const { status } = await engineRequest(endpoint, "GET", `/images/${encodeURIComponent(name)}/json`, PATIENCE_MS);
    return status === 200;
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    return false;
  }
}

/** An engine is there and says nothing. */
export class NoAnswer extends SetupError {
  constructor(host: string, timeoutMs: number) {
    super(
      `The Docker engine at ${host} gave no answer within ${timeoutMs / 1000} s, though it is there: it hangs, or has too ` +
        "much to do.\nLook at its log (journalctl -u docker), restart it if it stays so, then try again.",
    );
  }
}

/** One request to an engine on a Unix socket (https://docs.docker.com/reference/api/engine/); the body is JSON. */
export function engineRequest(
  { host }: DockerEndpoint,
  method: string,
  path: string,
  timeoutMs: number,
): Promise<{ status: number; head: IncomingHttpHeaders; body: unknown }> {
  return new Promise((resolve, reject) => {
    const socketPath = host.replace("unix://", "");
    // No agent: a kept connection would be to an engine that may have been restarted since.
    const options = { socketPath, method, path, headers: { Host: "docker" }, agent: false } as const;
    const call = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        const isJson = /json/.test(response.headers["content-type"] ?? "");
        const body = isJson && text ? JSON.parse(text) : text;
        resolve({ status: response.statusCode ?? 0, head: response.headers, body });
      });
    });
    call.setTimeout(timeoutMs, () => call.destroy(new NoAnswer(host, timeoutMs)));
    call.on("error", reject);
    call.end();
  });
}

async function askByCli({ host }: DockerEndpoint, timeoutMs: number): Promise<EngineAnswer> {
  const format = "{{.Server.Version}} {{.Server.APIVersion}}";
  const began = Date.now();
  const { ok, stdout, tail, status } = await runCommand("docker", ["version", "--format", format], { timeoutMs });
  const [version, apiVersion] = stdout.trim().split(" ");
  if (!ok && Date.now() - began >= timeoutMs) return { silence: new NoAnswer(host, timeoutMs).message, hangs: true };
  if (!ok || !version) return { silence: `docker version: ${tail.trim().split("\n").at(-1) || status}` };
  return { engine: { version, apiVersion: apiVersion ?? "" } };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // absent or broken: the docker CLI itself will say so
  }
}
