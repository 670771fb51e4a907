// All that podlab needs and a machine may lack. Each thing is a step; see step.ts.
import { ROOT } from "../../infra/home.ts";
import { cacheDirectory, makeCache } from "./cache.ts";
import { endedBySignals } from "./interruption.ts";
import { PLUGIN_RELEASES, PULUMI_SITE } from "./pulumi/download.ts";
import { reportTo } from "./report.ts";
import { runSteps } from "./runSteps.ts";
import type { SetUpContext, Step } from "./step.ts";
import { baseImageStep } from "./steps/baseImage.ts";
import { type DockerFound, engineStep } from "./steps/engine.ts";
import { type PluginsFound, pluginsStep } from "./steps/plugins.ts";
import { type PulumiFound, pulumiStep } from "./steps/pulumi.ts";
import { testToolsStep } from "./steps/testTools.ts";
import { detectToolchain, type Toolchain, toolchain } from "./toolchain.ts";

export type { Toolchain } from "./toolchain.ts";

interface SetUpOptions {
  /** Also what only podlab's own tests need. */
  tests?: boolean;
  /** Ends set-up and what it started. Without one, set-up listens for Ctrl-C itself, and the process ends by it. */
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
}

/**
 * Sees that all is there, sets up what is missing, and says where it is. Costs some 30 ms when nothing is missing.
 * @throws SetupError when something is missing that podlab can't set up: what, what was tried, and how to mend it
 */
export async function setUp(options: SetUpOptions = {}): Promise<Toolchain> {
  const { signal } = options;
  if (!signal) return await endedBySignals((own) => setUp({ ...options, signal: own }));
  const context = contextFor(signal, options.env);
  makeCache(context.cache, context.root);
  const steps: Step[] = [engineStep, pulumiStep, pluginsStep, baseImageStep];
  if (options.tests) steps.push(testToolsStep);
  // Not on standard output, which is a command's own.
  const found = await runSteps(steps, context, reportTo(process.stderr));
  const docker = found.get(engineStep.name) as DockerFound;
  const { home } = found.get(pluginsStep.name) as PluginsFound;
  return toolchain(docker.cli, docker.endpoint, found.get(pulumiStep.name) as PulumiFound, home, context.env);
}

/** What is there already, without setting anything up; undefined when the docker CLI, Pulumi or a plugin is missing. */
export const findToolchain = (): Promise<Toolchain | undefined> =>
  detectToolchain(contextFor(new AbortController().signal));

function contextFor(signal: AbortSignal, env = process.env): SetUpContext {
  const sites = { pulumiSite: PULUMI_SITE, pluginReleases: PLUGIN_RELEASES };
  return { root: ROOT, cache: cacheDirectory(env), env, signal, ...sites };
}
