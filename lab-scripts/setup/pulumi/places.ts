import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { keyOf, keyOfSources } from "../cache.ts";
import type { SetUpContext } from "../context.ts";
import { PLATFORM, PLUGINS, PULUMI_VERSION } from "./versions.ts";

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
