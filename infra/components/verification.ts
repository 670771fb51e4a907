/** The proof: every expectation probed on the running lab, again whenever anything in it was made or repaired. */
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { generationOf, type Observations } from "../machine/observe.ts";
import { removeStrays } from "../machine/strays.ts";
import type { LabPlan } from "../model/plan.ts";
import { unitText } from "./scripts.ts";

const CLI = relative(process.cwd(), `${import.meta.dirname}/../../lab-scripts/cli.ts`);

export interface VerificationArgs {
  readonly plan: LabPlan;
  readonly observed: Observations;
  readonly containers: readonly docker.Container[];
  /** What must be in place before the first probe. */
  readonly made: readonly pulumi.Resource[];
}

export function declareVerification(args: VerificationArgs, parent: pulumi.Resource): local.Command {
  return new local.Command(
    "verification",
    {
      create: `node ${CLI} verify "$LAB"`,
      environment: {
        LAB: pulumi.all(args.made.map(({ urn }) => urn)).apply(() => withoutStrays(args)),
        // When anything of the lab changes, so do these inputs, and the proof is made again.
        PLAN: fingerprint(args.plan, args.observed),
        NODE_IDS: pulumi
          .all(args.containers.map(({ id }) => id.apply((text) => text.slice(0, 12))))
          .apply((ids) => ids.join(" ")),
      },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    },
    { parent, dependsOn: [...args.made] },
  );
}

/**
 * The lab's name, as soon as no node has a unit that the plan has no more. Pulumi deletes what left a program after all
 * else, the proof included: a NAT rule or a route that was taken out of the config would still be there, the proof fail by
 * it, and the engine never come to its deletion. Its own removal, later, finds nothing to do.
 */
async function withoutStrays({ plan, observed }: VerificationArgs): Promise<string> {
  const planned = new Set(plan.nodes.flatMap(({ name, units }) => units.map((unit) => `${name}/${unit.name}`)));
  const strays = [...observed.keys()].some((one) => !planned.has(one));
  if (strays && !pulumi.runtime.isDryRun()) await removeStrays(plan);
  return plan.lab;
}

/** What the lab is meant to be, down to the text and the generation of each unit. */
function fingerprint(plan: LabPlan, observed: Observations): string {
  const units = plan.nodes.flatMap((node) =>
    node.units.map((unit) => [node.name, unitText(unit), generationOf(observed, node, unit)]),
  );
  return createHash("sha256")
    .update(JSON.stringify([plan, units]))
    .digest("hex")
    .slice(0, 16);
}
