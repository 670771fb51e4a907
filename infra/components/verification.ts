/** The proof: every expectation probed on the running lab, again whenever anything in it was made or repaired. */
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { LabPlan } from "../model/plan.ts";

const CLI = relative(process.cwd(), `${import.meta.dirname}/../../lab-scripts/cli.ts`);

export function declareVerification(
  args: { plan: LabPlan; containers: readonly docker.Container[]; made: readonly local.Command[] },
  parent: pulumi.Resource,
): local.Command {
  // Everything that decides what the lab is, down to the generation of each unit: when it changes, so does this input.
  const state = pulumi
    .all([args.containers.map(({ id }) => id), args.made.map(({ environment, stdin }) => ({ environment, stdin }))])
    .apply((made) =>
      createHash("sha256")
        .update(JSON.stringify([args.plan, made]))
        .digest("hex")
        .slice(0, 16),
    );
  return new local.Command(
    "verification",
    {
      create: `node ${CLI} verify "$LAB"`,
      environment: { LAB: args.plan.lab, STATE: state },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    },
    { parent, dependsOn: [...args.made] },
  );
}
