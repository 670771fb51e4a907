import { chmodSync, copyFileSync, linkSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lastLines, runCommand } from "../command.ts";
import { downloadPlugin, siteHasRelease, Unavailable } from "../pulumi/download.ts";
import { buildParts, buildSeconds, findGo, type Part } from "../pulumi/go.ts";
import { hasPlugins, PLUGINS, places, pluginDirectory, userPulumiHome } from "../pulumi/places.ts";
import type { SetUpContext, Step, Way } from "../step.ts";
import { PULUMI, type PulumiFound, pulumiStep } from "./pulumi.ts";

/** Where the plugins are: a PULUMI_HOME of podlab's, or undefined for the user's own. */
export interface PluginsFound {
  home: string | undefined;
}

const NAMES = PLUGINS.map(({ name, version }) => `${name} ${version}`).join(", ");
const PARTS: readonly Part[] = ["docker", "command"];
const INSTALL_MS = 3 * 60_000;

/** Pulumi's docker and command plugins: official ones where they can be downloaded, else podlab's stand-ins. */
export const pluginsStep: Step<PluginsFound> = {
  name: "Pulumi plugins",
  needs: [],

  async detect(context) {
    if (hasPlugins(userPulumiHome(context.env)) && (await pulumiStep.detect(context))?.own) return { home: undefined };
    const { officialPlugins, builtPlugins } = places(context);
    const home = [officialPlugins, builtPlugins].find(hasPlugins);
    return home === undefined ? undefined : { home };
  },

  async plan(context): Promise<Way<PluginsFound>> {
    if (!(await siteHasRelease(context.pulumiSite, context.signal))) return await fromGoModules(context);
    return {
      how: `${NAMES}, downloaded`,
      seconds: 25,
      lock: "plugins",
      after: [PULUMI],
      async run(progress, signal) {
        const engine = await pulumiStep.detect(context);
        if (!engine) throw new Error("Pulumi was set up and is not there");
        progress.at(`downloading ${NAMES}`);
        try {
          return await download(engine, context, signal);
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error;
          progress.note(`${error.message}; building them from Go modules instead`);
          const way = await fromGoModules(context);
          progress.took(way.how);
          return await way.run(progress, signal);
        }
      },
    };
  },
};

/** The user's own Pulumi keeps its plugins where it keeps all others, as its own `pulumi up` would do. */
async function download(
  { pulumi, own }: PulumiFound,
  context: SetUpContext,
  signal: AbortSignal,
): Promise<PluginsFound> {
  const home = own ? undefined : places(context).officialPlugins;
  const env = { ...context.env, ...(home && { PULUMI_HOME: home }), PULUMI_SKIP_UPDATE_CHECK: "true" };
  for (const plugin of PLUGINS) {
    const archive = join(context.cache, `${plugin.name}-${plugin.version}.tar.gz.part`);
    await downloadPlugin(context.pluginReleases, plugin, archive, signal);
    const args = ["plugin", "install", "resource", plugin.name, plugin.version, "--file", archive];
    const { ok, tail } = await runCommand(pulumi, args, { env, signal, timeoutMs: INSTALL_MS });
    rmSync(archive, { force: true });
    if (!ok) throw new Unavailable(`pulumi ${args.join(" ")}: ${lastLines(tail, 1)}`);
  }
  return { home };
}

/**
 * Builds the stand-ins after the engine, not beside it: both compile the same packages of Pulumi's SDK, and what the
 * first has compiled the second finds in Go's cache.
 */
async function fromGoModules(context: SetUpContext): Promise<Way<PluginsFound>> {
  const go = await findGo(context, "Pulumi's plugins");
  const home = places(context).builtPlugins;
  return {
    how: `${NAMES}, stand-ins built from Go modules`,
    seconds: buildSeconds(PARTS),
    lock: "plugins",
    after: [PULUMI],
    async run(progress, signal) {
      const parts = join(home, "parts");
      mkdirSync(parts, { recursive: true });
      await buildParts(PARTS, parts, go, context, signal, progress);
      for (const plugin of PLUGINS) placePlugin(parts, home, plugin);
      return { home };
    },
  };
}

/** Puts a plugin where `pulumi plugin install --file` would: then Pulumi uses it without a word about $PATH. */
function placePlugin(parts: string, home: string, plugin: (typeof PLUGINS)[number]): void {
  const directory = pluginDirectory(home, plugin);
  const binary = `pulumi-resource-${plugin.name}`;
  mkdirSync(directory, { recursive: true });
  const unfinished = join(directory, `.${binary}.part`);
  rmSync(unfinished, { force: true });
  try {
    linkSync(join(parts, binary), unfinished);
  } catch {
    copyFileSync(join(parts, binary), unfinished); // a file system without hard links
  }
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, join(directory, binary));
}
