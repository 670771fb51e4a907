import { delimiter, dirname } from "node:path";
import { type DockerEndpoint, dockerEndpoint } from "../../infra/machine/endpoint.ts";
import { findCommand } from "./command.ts";
import type { SetUpContext } from "./step.ts";
import { pluginsStep } from "./steps/plugins.ts";
import { type PulumiFound, pulumiStep } from "./steps/pulumi.ts";

/** What podlab runs its labs with. */
export interface Toolchain {
  /** Path of pulumi. */
  pulumi: string;
  /** Additions to the environment of whatever runs it, or docker. */
  env: Record<string, string>;
}

/** Without set-up: what is there, or undefined when the docker CLI, Pulumi or its plugins are missing. About 20 ms. */
export async function detectToolchain(context: SetUpContext): Promise<Toolchain | undefined> {
  const docker = findCommand("docker", context.env);
  const [pulumi, plugins] = await Promise.all([pulumiStep.detect(context), pluginsStep.detect(context)]);
  if (!docker || !pulumi || !plugins) return undefined;
  return toolchain(docker, dockerEndpoint(context.env), pulumi, plugins.home, context.env);
}

export function toolchain(
  docker: string,
  endpoint: DockerEndpoint,
  { pulumi }: PulumiFound,
  pulumiHome: string | undefined,
  env: NodeJS.ProcessEnv,
): Toolchain {
  // Pulumi's language host takes the first node on PATH, which must be one that runs TypeScript: this one.
  const directories = [
    dirname(pulumi),
    dirname(process.execPath),
    dirname(docker),
    ...(env.PATH ?? "").split(delimiter),
  ];
  const additions: Record<string, string> = {
    PATH: [...new Set(directories)].filter(Boolean).join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  if (pulumiHome) additions.PULUMI_HOME = pulumiHome;
  // A lab has no secrets: its stacks' files are made with an empty passphrase, and one that the user has set for other
  // projects would not fit them.
  additions.PULUMI_CONFIG_PASSPHRASE = "";
  additions.PULUMI_CONFIG_PASSPHRASE_FILE = "";
  // A lab is built anew from its config: Pulumi need not keep a copy of every state before the last.
  additions.PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS = "true";
  // Most of a lab waits for Docker rather than for a processor: all that is ready goes at once, comparisons too.
  additions.PULUMI_PARALLEL = env.PULUMI_PARALLEL || "64";
  additions.PULUMI_PARALLEL_DIFF = "true";
  // Half as much again for memory, a tenth less processor time: Pulumi is there for seconds, beside a lab of gigabytes.
  additions.GOGC = env.GOGC || "400";
  // For a stack whose file has no salt Pulumi derives a second key otherwise, a million rounds of it.
  additions.PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER = "true";
  // The docker provider looks at DOCKER_HOST and DOCKER_CERT_PATH, and knows nothing of the CLI's current context.
  if (endpoint.fromContext) additions.DOCKER_HOST = endpoint.host;
  if (endpoint.tls) Object.assign(additions, { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: endpoint.tls.folder });
  return { pulumi, env: additions };
}
