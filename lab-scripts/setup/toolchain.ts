import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { findCommand } from "./command.ts";
import type { SetUpContext } from "./context.ts";
import { type DockerEndpoint, dockerEndpoint } from "./dockerEndpoint.ts";
import { keepNoLogs } from "./pulumi/noLogs.ts";
import { pluginsStep } from "./steps/plugins.ts";
import { type PulumiFound, pulumiStep } from "./steps/pulumi.ts";

/** An address has no spaces, which would divide NODE_OPTIONS. */
const QUICK_START = pathToFileURL(join(import.meta.dirname, "../../infra/quickStart.ts")).href;

/** What podlab runs its labs with. */
export interface Toolchain {
  /** Path of the docker CLI. */
  docker: string;
  /** Path of pulumi. */
  pulumi: string;
  /** Additions to the environment of whatever runs either. */
  env: Record<string, string>;
}

/** Without set-up: what is there, or undefined when the docker CLI, Pulumi or its plugins are missing. About 20 ms. */
export async function detectToolchain(context: SetUpContext): Promise<Toolchain | undefined> {
  const docker = findCommand("docker", context.env);
  const [pulumi, plugins] = await Promise.all([pulumiStep.detect(context), pluginsStep.detect(context)]);
  if (!docker || !pulumi || !plugins) return undefined;
  return toolchain(docker, dockerEndpoint(context.env), pulumi, plugins.home, context.env);
}

/**
 * In megabytes. With V8's own beginning an `up` of a large lab collects its old objects twice, which takes it 0.15 s of processor
 * time, and most of them are of use until its end. NODE_OPTIONS may not have this one.
 */
export const ROOM_FOR_OLD = "--initial-old-space-size=256";

/** For Pulumi's program. */
export function nodeOptions(env: NodeJS.ProcessEnv): string {
  // Space for young objects: with Node's 16 MB a tenth of the program's processor time is spent collecting them.
  return [env.NODE_OPTIONS, `--import=${QUICK_START}`, "--max-semi-space-size=32"].filter(Boolean).join(" ");
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
    NODE_OPTIONS: nodeOptions(env),
  };
  if (pulumiHome) {
    additions.PULUMI_HOME = pulumiHome;
    keepNoLogs(pulumiHome);
  }
  // A lab has no secrets: its stacks' files are made with an empty passphrase, and one that the user has set for other
  // projects would not fit them.
  additions.PULUMI_CONFIG_PASSPHRASE = "";
  additions.PULUMI_CONFIG_PASSPHRASE_FILE = "";
  // Most of a lab waits for Docker rather than for a processor: all that is ready goes at once, comparisons too.
  additions.PULUMI_PARALLEL = env.PULUMI_PARALLEL || "64";
  additions.PULUMI_PARALLEL_DIFF = "true";
  // Half as much again for memory, a tenth less processor time: Pulumi is there for seconds, beside a lab of gigabytes.
  additions.GOGC = env.GOGC || "400";
  // For a stack whose file has no salt Pulumi derives a second key otherwise, a million rounds of it.
  additions.PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER = "true";
  // The docker provider looks at DOCKER_HOST, and knows nothing of the CLI's current context.
  if (endpoint.fromContext) additions.DOCKER_HOST = endpoint.host;
  return { docker, pulumi, env: additions };
}
