/** One unit of a node as a Pulumi resource: applied through `docker exec`, repaired when it drifted, removed with its delete. */
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { shortId } from "../machine/docker.ts";
import { generationOf, type Observations } from "../machine/observe.ts";
import type { NodePlan, UnitPlan } from "../plan/plan.ts";
import { doorScript, unitDigest } from "./scripts.ts";

export interface UnitArgs {
  readonly node: NodePlan;
  readonly container: docker.Container;
  readonly unit: UnitPlan;
  readonly observed: Observations;
  /** Whether it is the node's first: the one that says what is wrong with the node itself, and mends it. */
  readonly first: boolean;
  readonly trouble: string | undefined;
  /** Where its files are (unitFiles.ts): known when its note is written, or never will be. */
  readonly files: pulumi.Input<string>;
  readonly after: readonly pulumi.Resource[];
}

/**
 * Declares the unit. Its drift, if any, is told in the diagnostics of preview and up. Where nobody knows its generation the
 * engine keeps the one in its state.
 */
export function declareUnit(args: UnitArgs, parent: pulumi.Resource): local.Command {
  const { node, container, unit, first, files, after } = args;
  const seen = args.observed.units.get(`${node.name}/${unit.name}`);
  const generation = generationOf(args.observed, node, unit);
  const trouble = first ? args.trouble : undefined;
  const command = new local.Command(
    `${node.name}-${unit.name}`,
    {
      // Scripts rather than their texts: inputs and outputs are in the state, which is written before and after each step.
      create: doorScript("apply"),
      delete: doorScript("remove"),
      environment: {
        NODE: node.container,
        // A node made anew has lost its units: its new id applies them again.
        NODE_ID: container.id.apply(shortId),
        UNIT: unit.name,
        ORDER: String(unit.order),
        GENERATION: String(generation ?? 1),
        ...(first ? { MENDED: trouble ? new Date().toISOString() : "" } : {}),
        DIGEST: unitDigest(unit),
        // For whoever reads what a preview would change.
        SPEC: JSON.stringify(unit.spec),
        FILES: files,
        ...(unit.kind === "image" ? { IMAGE: unit.spec.IMAGE! } : {}),
      },
      addPreviousOutputInEnv: false,
      logging: "none",
    },
    {
      parent,
      dependsOn: [container, ...after],
      deletedWith: container,
      ignoreChanges: [
        ...(generation === undefined ? ["environment.GENERATION"] : []),
        ...(first && !trouble ? ["environment.MENDED"] : []),
      ],
    },
  );
  const drift = [trouble, seen?.drift].filter(Boolean).join("; ");
  if (drift) void pulumi.log.warn(`drifted: ${drift}`, command);
  return command;
}
