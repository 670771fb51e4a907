/** One unit of a node as a Pulumi resource: applied through `docker exec`, repaired when it drifted, removed with its delete. */
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { generationOf, type Observations } from "../machine/observe.ts";
import type { NodePlan, UnitPlan } from "../model/plan.ts";
import { shellQuote } from "../model/shellQuote.ts";
import { hostScript } from "./scripts.ts";
import { type UnitFiles, unitDigest } from "./unitFiles.ts";

/** `sh -s` in the node reads the unit (scripts.ts) from standard input: nothing of it is ever an argument or a path there. */
const APPLY_IT = 'docker exec -i "$NODE" sh -s -- apply "$UNIT" "$ORDER" "$GENERATION" < "$TEXT"';

/** Nothing is to be done for a unit that was applied together with all of its new node (newNodes.ts). */
const APPLY = `[ -e "$NOTE" ] && read -r noted < "$NOTE" && [ "$noted" = "$NODE_ID $GENERATION $DIGEST" ] || ${APPLY_IT}`;

/** An image has to come from the machine's engine first. What the machine has not, Docker pulls. */
const CARRY_IMAGE =
  'docker image inspect "$IMAGE" > /dev/null 2>&1 || docker pull --quiet "$IMAGE" >&2; ' +
  'docker save "$IMAGE" | docker exec -i "$NODE" docker load --quiet >&2 && ';

/** A node that is gone has nothing left to remove; one that is stopped keeps its unit, and that is an error. */
const REMOVE =
  'docker container inspect "$NODE" > /dev/null 2>&1 || exit 0; ' +
  'docker exec "$NODE" sh -c \'[ ! -e "$1" ] || flock -w 60 "/run/podlab/$2.lock" sh "$1" remove < /dev/null && ' +
  'rm -f "$1" "$1.generation"\' remove "/var/lib/podlab/units/$ORDER-$UNIT.unit" "$UNIT"';

/**
 * A node that was paused goes on; then all of its units are looked through, for nobody could ask it what became of them.
 * Constant, because a Command whose text changes is run again.
 */
const MEND = `[ -z "$MENDED" ] || {
  docker unpause "$NODE" > /dev/null 2>&1
  docker exec "$NODE" sh -c ${shellQuote(`${hostScript("booted")}\n${hostScript("repair")}`)} >&2
}
`;

export interface UnitArgs {
  readonly node: NodePlan;
  readonly container: docker.Container;
  readonly unit: UnitPlan;
  readonly observed: Observations;
  /** Whether it is the node's first: the one that says what is wrong with the node itself, and mends it. */
  readonly first: boolean;
  readonly trouble: string | undefined;
  /** Where it is noted that the unit was applied with all of its node; known when it is noted. */
  readonly note: pulumi.Input<string>;
  readonly files: UnitFiles;
  readonly after: readonly pulumi.Resource[];
}

/**
 * Declares the unit. Its drift, if any, is told in the diagnostics of preview and up. Where nobody knows its generation the
 * engine keeps the one in its state.
 */
export function declareUnit(args: UnitArgs, parent: pulumi.Resource): local.Command {
  const { node, container, unit, first, note, files, after } = args;
  const seen = args.observed.units.get(`${node.name}/${unit.name}`);
  const generation = generationOf(args.observed, node, unit);
  const trouble = first ? args.trouble : undefined;
  const command = new local.Command(
    `${node.name}-${unit.name}`,
    {
      create: `${first ? MEND : ""}${unit.kind === "image" ? CARRY_IMAGE + APPLY_IT : APPLY}`,
      delete: REMOVE,
      environment: {
        NODE: node.container,
        // A node made anew has lost its units: its new id applies them again.
        NODE_ID: container.id,
        UNIT: unit.name,
        ORDER: String(unit.order),
        GENERATION: String(generation ?? 1),
        ...(first ? { MENDED: trouble ? new Date().toISOString() : "" } : {}),
        DIGEST: unitDigest(unit),
        // For whoever reads what a preview would change.
        SPEC: JSON.stringify(unit.spec),
        TEXT: files.text(node, unit),
        NOTE: note,
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
