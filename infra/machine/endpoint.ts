/** Which Docker engine is meant: found by the docker CLI's own rules, so that `docker ps` shows what podlab makes. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { jsonIn } from "../files.ts";
import { sha256 } from "../fingerprint.ts";
import { UserError } from "../spec/problem.ts";

export interface DockerEndpoint {
  /** As in DOCKER_HOST: `unix:///var/run/docker.sock`, `tcp://…`, `ssh://…`. */
  readonly host: string;
  /** Whether the user chose it by a docker context, which tools other than the CLI don't know of. */
  readonly fromContext: boolean;
  /** Where the engine is reached by TLS. */
  readonly tls?: Tls;
}

export interface Tls {
  /** May have ca.pem, cert.pem and key.pem. */
  readonly folder: string;
  /** Whether the engine's certificate has to be one that ca.pem vouches for, or, without one, the system. */
  readonly verify: boolean;
}

const DEFAULT_HOST = "unix:///var/run/docker.sock";

/**
 * Returns the engine that the docker CLI would talk to: by DOCKER_HOST, then DOCKER_CONTEXT, then the current context of the CLI's
 * configuration (https://docs.docker.com/engine/manage-resources/contexts/).
 * @throws UserError where there is no such context
 */
export function dockerEndpoint(env: NodeJS.ProcessEnv = process.env): DockerEndpoint {
  const config = env.DOCKER_CONFIG || join(homedir(), ".docker");
  if (env.DOCKER_HOST) {
    const isTls = env.DOCKER_TLS_VERIFY || env.DOCKER_TLS;
    const tls = { folder: env.DOCKER_CERT_PATH || config, verify: Boolean(env.DOCKER_TLS_VERIFY) };
    return { host: env.DOCKER_HOST, fromContext: false, ...(isTls ? { tls } : {}) };
  }
  const name = env.DOCKER_CONTEXT || jsonIn<{ currentContext?: string }>(join(config, "config.json"))?.currentContext;
  if (!name || name === "default") return { host: DEFAULT_HOST, fromContext: false };
  const id = sha256(name);
  const meta = jsonIn<ContextMeta>(join(config, "contexts", "meta", id, "meta.json"));
  if (meta === undefined) {
    throw new UserError(
      `there is no Docker context ${name}, which ${env.DOCKER_CONTEXT ? "the lab or DOCKER_CONTEXT" : join(config, "config.json")} names; ` +
        "choose one of docker context ls",
    );
  }
  const { Host: host = DEFAULT_HOST, SkipTLSVerify: skips = false } = meta.Endpoints?.docker ?? {};
  const folder = join(config, "contexts", "tls", id, "docker");
  const isTls = host.startsWith("tcp://") && (skips || existsSync(folder));
  return { host, fromContext: true, ...(isTls ? { tls: { folder, verify: !skips } } : {}) };
}

/** As the CLI keeps it; a context without certificates has no folder of them. */
interface ContextMeta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}
