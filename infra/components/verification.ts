/** The proof: every expectation probed on the running lab, again whenever anything in it was made or repaired. */
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { generationOf, type Observations } from "../machine/observe.ts";
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
        LAB: args.plan.lab,
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
