import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastLines, runCommand } from "../command.ts";
import { downloadPulumi, siteHasRelease, Unavailable } from "../pulumi/download.ts";
import { buildParts, buildSeconds, findGo, type Part } from "../pulumi/go.ts";
import { findOwnPulumi } from "../pulumi/ownPulumi.ts";
import { PULUMI_VERSION, places } from "../pulumi/places.ts";
import type { Progress, SetUpContext, Step, Way } from "../step.ts";
import { SetupError } from "../step.ts";

/** A Pulumi engine with its Node language host beside it. */
export interface PulumiFound {
  pulumi: string;
  version: string;
  /** Whether it is the user's own, which then has the plugins in the user's PULUMI_HOME. */
  own: boolean;
}

export const PULUMI = "Pulumi";
const PARTS: readonly Part[] = ["engine", "language-host"];
const COMPLETE = "complete";

/** The Pulumi engine: the user's own, else a release in podlab's cache, downloaded or built from Go modules. */
export const pulumiStep: Step<PulumiFound> = {
  name: PULUMI,
  needs: [],

  async detect(context) {
    const own = await findOwnPulumi(context);
    if (own) return { ...own, own: true };
    const { officialEngine, builtEngine } = places(context);
    const directory = [officialEngine, builtEngine].find((each) =>
      existsSync(each === builtEngine ? join(each, COMPLETE) : each),
    );
    if (directory === undefined) return undefined;
    return { pulumi: join(directory, "bin", "pulumi"), version: PULUMI_VERSION, own: false };
  },

  async plan(context): Promise<Way<PulumiFound>> {
    if (!(await siteHasRelease(context.pulumiSite, context.signal))) return await fromGoModules(context);
    const { officialEngine } = places(context);
    return {
      how: `Pulumi ${PULUMI_VERSION}, downloaded`,
      seconds: 25,
      lock: "pulumi",
      async run(progress, signal) {
        progress.at(`downloading Pulumi ${PULUMI_VERSION}`);
        try {
          await downloadPulumi(context, officialEngine, signal);
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error;
          progress.note(`${error.message}; building it from Go modules instead`);
          const way = await fromGoModules(context);
          progress.took(way.how);
          return await way.run(progress, signal);
        }
        return { pulumi: join(officialEngine, "bin", "pulumi"), version: PULUMI_VERSION, own: false };
      },
    };
  },
};

async function fromGoModules(context: SetUpContext): Promise<Way<PulumiFound>> {
  const go = await findGo(context, PULUMI);
  const { builtEngine } = places(context);
  const bin = join(builtEngine, "bin");
  return {
    how: `Pulumi ${PULUMI_VERSION}, built from Go modules`,
    seconds: buildSeconds(PARTS),
    lock: "pulumi",
    async run(progress: Progress, signal: AbortSignal) {
      mkdirSync(bin, { recursive: true });
      await buildParts(PARTS, bin, go, context, signal, progress);
      const pulumi = join(bin, "pulumi");
      const { ok, tail } = await runCommand(pulumi, ["version"], { env: context.env, signal, timeoutMs: 30_000 });
      if (!ok || !tail.includes(PULUMI_VERSION)) {
        throw new SetupError(
          `The Pulumi that was built in ${bin} does not say that it is ${PULUMI_VERSION}, but: ${lastLines(tail, 3)}\n` +
            `Remove ${builtEngine} and try again.`,
        );
      }
      writeFileSync(join(builtEngine, COMPLETE), "");
      return { pulumi, version: PULUMI_VERSION, own: false };
    },
  };
}
