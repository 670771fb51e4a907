import { Docker, type DockerError, NoAnswer } from "../../infra/machine/docker.ts";
import type { DockerEndpoint } from "../../infra/machine/endpoint.ts";
import { SetupError } from "./step.ts";

interface Engine {
  version: string;
  apiVersion: string;
}

/** What an engine said, or why it said nothing; `hangs` when it is there all the same. */
type EngineAnswer = { engine: Engine } | { silence: string; hangs?: true };

/** How long an engine that is there may take to answer. One that is not is silent at once. */
export const PATIENCE_MS = 10_000;

/**
 * Asks an engine for its version: by a ping, which tells it in its head. To answer /version an engine starts two programs and asks
 * them for theirs.
 */
export async function askEngine(endpoint: DockerEndpoint, within = PATIENCE_MS): Promise<EngineAnswer> {
  try {
    const { status, headers } = await new Docker(endpoint).answer("GET", "/_ping", { within });
    const apiVersion = String(headers["api-version"] ?? "");
    if (status !== 200 || apiVersion === "") return { silence: `${endpoint.host} answered HTTP ${status}` };
    const version = /\/(\S+)/.exec(String(headers.server ?? ""))?.[1] ?? `one with API ${apiVersion}`;
    return { engine: { version, apiVersion } };
  } catch (error) {
    if (error instanceof NoAnswer) return { silence: hint(error).message, hangs: true };
    const { code, message } = (error as DockerError).cause as NodeJS.ErrnoException;
    return { silence: `${endpoint.host}: ${code ?? message}` };
  }
}

/**
 * Returns whether the engine has an image of that name; false when there is no engine.
 * @throws SetupError when it hangs: it has not said no
 */
export async function hasImage(endpoint: DockerEndpoint, name: string): Promise<boolean> {
  const path = `/images/${encodeURIComponent(name)}/json`;
  try {
    return (await new Docker(endpoint).answer("GET", path, { within: PATIENCE_MS })).status === 200;
  } catch (error) {
    if (error instanceof NoAnswer) throw hint(error);
    return false;
  }
}

const hint = ({ message }: NoAnswer): SetupError =>
  new SetupError(
    `${message.replace(/^the/, "The")}.\nLook at its log (journalctl -u docker), restart it if it stays so, then try again.`,
  );
