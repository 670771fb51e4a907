/** Which Docker engine is meant: found by the docker CLI's own rules, so that `docker ps` shows what podlab makes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface DockerEndpoint {
  /** As in DOCKER_HOST: `unix:///var/run/docker.sock`, `tcp://…`, `ssh://…`. */
  readonly host: string;
  /** Whether the user chose it by a docker context, which tools other than the CLI don't know of. */
  readonly fromContext: boolean;
  /** The folder with ca.pem, cert.pem and key.pem, where the engine is reached by TLS. */
  readonly tls?: string;
}

const DEFAULT_HOST = "unix:///var/run/docker.sock";

/**
 * Returns the engine that the docker CLI would talk to: by DOCKER_HOST, then DOCKER_CONTEXT, then the current context of the CLI's
 * configuration (https://docs.docker.com/engine/manage-resources/contexts/).
 */
export function dockerEndpoint(env: NodeJS.ProcessEnv = process.env): DockerEndpoint {
  const config = env.DOCKER_CONFIG || join(homedir(), ".docker");
  if (env.DOCKER_HOST) {
    const tls = env.DOCKER_TLS_VERIFY ? { tls: env.DOCKER_CERT_PATH || config } : {};
    return { host: env.DOCKER_HOST, fromContext: false, ...tls };
  }
  const name = env.DOCKER_CONTEXT || readJson<{ currentContext?: string }>(join(config, "config.json"))?.currentContext;
  if (!name || name === "default") return { host: DEFAULT_HOST, fromContext: false };
  const id = createHash("sha256").update(name).digest("hex");
  const meta = readJson<{ Endpoints?: { docker?: { Host?: string } } }>(
    join(config, "contexts", "meta", id, "meta.json"),
  );
  const host = meta?.Endpoints?.docker?.Host;
  if (!host) return { host: DEFAULT_HOST, fromContext: false };
  const tls = host.startsWith("tcp://") ? { tls: join(config, "contexts", "tls", id, "docker") } : {};
  return { host, fromContext: true, ...tls };
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined; // absent or broken: the docker CLI itself will say so
  }
}
