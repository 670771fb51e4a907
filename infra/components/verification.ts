/** The proof: every expectation probed on the running lab, again whenever anything in it was made or repaired. */
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { proveAhead } from "../machine/attendant.ts";
import type { Condition } from "../machine/condition.ts";
import { shortId } from "../machine/docker.ts";
import type { Inventory } from "../machine/inventory.ts";
import { generationOf, type Observations } from "../machine/observe.ts";
import { removeStrangers, removeStrays, strangers } from "../machine/strays.ts";
import type { LabPlan } from "../plan/plan.ts";
import { podOfUnit } from "../plan/podPlan.ts";
import { doorProgram, planDigest } from "./scripts.ts";

export interface VerificationArgs {
  readonly plan: LabPlan;
  /** What the machine's engine had when the program began. */
  readonly inventory: Inventory;
  readonly observed: Observations;
  readonly condition: Condition;
  readonly containers: readonly docker.Container[];
  /** What must be in place before the first probe. */
  readonly made: readonly pulumi.Resource[];
  /** Where something is done before Pulumi comes to it: whether nothing is left then, and Pulumi only has to find it done. */
  readonly whole?: Promise<boolean> | undefined;
}

export function declareVerification(args: VerificationArgs, parent: pulumi.Resource): local.Command {
  const { plan, observed, condition } = args;
  // A node that is started, woken or plugged in again may come back with the very units it had.
  const mends = observed.silent.size + condition.size > 0;
  const told = {
    // When anything of the lab changes, so do these inputs, and the proof is made again.
    plan: planDigest(plan),
    generations: generations(plan, observed),
    mended: mends ? new Date().toISOString() : "",
  };
  void args.whole?.then((whole) => (whole && !hasStrangers(args) ? proveAhead(told) : undefined));
  return new local.Command(
    "verification",
    {
      create: doorProgram("verify"),
      environment: {
        LAB: pulumi.all(args.made.map(({ urn }) => urn)).apply(() => withoutStrays(args)),
        PLAN: told.plan,
        GENERATIONS: told.generations,
        NODE_IDS: pulumi.all(args.containers.map(({ id }) => id.apply(shortId))).apply((ids) => ids.join(" ")),
        MENDED: told.mended,
      },
      addPreviousOutputInEnv: false,
      logging: "stderr",
    },
    {
      parent,
      dependsOn: [...args.made],
      ignoreChanges: [
        ...(observed.silent.size > 0 ? ["environment.GENERATIONS"] : []),
        ...(mends ? [] : ["environment.MENDED"]),
      ],
    },
  );
}

/**
 * The lab's name, as soon as it has nothing that the plan has no more: units in its nodes, and nodes and segments (of a host
 * that left the config, or that a run which was killed before that could not note down). Pulumi deletes what left a program
 * after all else, the proof included: a NAT rule or a route that was taken out of the config would still be there, the proof
 * fail by it, and the engine never come to its deletion. Its own removal, later, finds nothing to do.
 */
async function withoutStrays({ plan, inventory, observed }: VerificationArgs): Promise<string> {
  if (pulumi.runtime.isDryRun()) return plan.lab;
  const planned = new Set(plan.nodes.flatMap(({ name, units }) => units.map((unit) => `${name}/${unit.name}`)));
  if ([...observed.units.keys()].some((one) => !planned.has(one))) await removeStrays(plan);
  await removeStrangers(plan, inventory);
  return plan.lab;
}

function hasStrangers({ plan, inventory }: VerificationArgs): boolean {
  const { containers, networks } = strangers(plan, inventory);
  return containers.length + networks.length > 0;
}

/** By node and by pod, so that who verifies can tell which of them something was applied in (lab-scripts/lab/proofs.ts). */
function generations({ nodes }: LabPlan, observed: Observations): string {
  const all = nodes.flatMap((node) =>
    node.units.map((unit) => ({
      of: podOfUnit(node, unit) ?? node.name,
      generation: generationOf(observed, node, unit) ?? "unknown",
    })),
  );
  return [...Map.groupBy(all, ({ of }) => of)]
    .map(([of, units]) => `${of}:${units.map(({ generation }) => generation).join(",")}`)
    .join(" ");
}
