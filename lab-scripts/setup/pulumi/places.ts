import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { keyOf, keyOfSources } from "../cache.ts";
import type { SetUpContext } from "../step.ts";

/** The engine that podlab is made and tried with. The plugins have the versions of their npm packages (package.json). */
export const PULUMI_VERSION = "3.259.0";
export const PLUGINS = [
  { name: "docker", version: "5.2.0" },
  { name: "command", version: "1.2.1" },
] as const;

/**
 * The oldest engine of the user's own that podlab uses: the first that knows all that the pinned Node SDK may ask for
 * in a resource's options (`replacementTrigger` came last, in 3.211). An older one is left alone, and podlab gets
 * another beside it.
 */
export const OLDEST_PULUMI = "3.211.0";

/** Pulumi's names for a platform, which are Node's. */
export const PLATFORM = `${process.platform}-${process.arch}`;

/**
 * Where engine and plugins lie in podlab's cache. Official ones are keyed by their versions, built ones by their
 * sources too; and the two are apart from each other, so that neither is ever taken for the other.
 */
export interface Places {
  officialEngine: string;
  builtEngine: string;
  /** These two are each a PULUMI_HOME, of podlab's own: in the user's, built plugins would shadow the official ones. */
  officialPlugins: string;
  builtPlugins: string;
}

export function places({ root, cache }: Pick<SetUpContext, "root" | "cache">): Places {
  const versions = PLUGINS.map(({ name, version }) => `${name}@${version}`);
  const sources = keyOfSources(root, ["lab-scripts/pulumi"], (name) => !name.endsWith(".md"));
  return {
    officialEngine: join(cache, `pulumi-${PULUMI_VERSION}-${PLATFORM}`),
    builtEngine: join(cache, `pulumi-built-${keyOf(PULUMI_VERSION, PLATFORM, sources)}`),
    officialPlugins: join(cache, `plugins-${keyOf(...versions, PLATFORM)}`),
    builtPlugins: join(cache, `plugins-built-${keyOf(...versions, PLATFORM, sources)}`),
  };
}

/** The user's PULUMI_HOME (https://www.pulumi.com/docs/iac/cli/environment-variables/). */
export function userPulumiHome(env: NodeJS.ProcessEnv): string {
  return env.PULUMI_HOME || join(homedir(), ".pulumi");
}

/** Where Pulumi keeps a resource plugin below its home. */
export function pluginDirectory(home: string, { name, version }: { name: string; version: string }): string {
  return join(home, "plugins", `resource-${name}-v${version}`);
}

/** Whether every plugin is there. Pulumi leaves a file `….partial` beside one whose installation was cut short. */
export function hasPlugins(home: string): boolean {
  return PLUGINS.every((plugin) => {
    const directory = pluginDirectory(home, plugin);
    return existsSync(join(directory, `pulumi-resource-${plugin.name}`)) && !existsSync(`${directory}.partial`);
  });
}
