/** Plugs a node into its segments and tells its agent the desired state: one resource for all that is in the node. */

import { readFileSync } from "node:fs";
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { shortId } from "../machine/docker.ts";
import { generationOf, type NodeReport, type Silent, troubles } from "../machine/observe.ts";
import type { NodeState } from "../plan/nodeState.ts";
import type { NodePlan } from "../plan/plan.ts";
import { engineOption } from "../spec/names.ts";

export interface DesiredStateArgs {
  readonly name: string;
  readonly container: docker.Container;
  readonly node: NodePlan;
  readonly state: NodeState;
  /** What the node says of itself; undefined where it is not there. */
  readonly seen: NodeReport | Silent | undefined;
  readonly cables: readonly Cable[];
}

/** A connection to a segment. */
export interface Cable {
  readonly network: string;
  readonly networkId: pulumi.Output<string>;
  readonly address: string;
  /** What is wrong with it: the node is not plugged in there, or with another address. */
  readonly trouble: string | undefined;
}

/** Declares it. Each difference of the node is a warning of preview and up. */
export function declareState(args: DesiredStateArgs, parent: pulumi.Resource): local.Command {
  const { name, container, node, state, seen, cables } = args;
  const engine = engineOption(node);
  const unplugged = cables.flatMap(({ trouble }) => trouble ?? []);
  const command = new local.Command(
    `${name}-state`,
    {
      create: script("apply"),
      stdin: JSON.stringify(state),
      environment: {
        NODE: node.container,
        ...(engine ? { ENGINE: engine } : {}),
        // A node made anew has lost its state: its new id applies it again.
        NODE_ID: container.id.apply(shortId),
        CABLES: cables.map(({ network, address }) => `${network}=${address}`).join(" "),
        // Of the cables. A node that is plugged into a network that was made anew has lost the routes through it.
        NETWORKS: pulumi.all(cables.map(({ networkId }) => networkId)).apply((ids) => ids.map(shortId).join(" ")),
        GENERATION: String(generationOf(seen, unplugged)),
        // The state itself goes by standard input: a process takes only so much in its environment (execve(2)).
        IMAGES: String(Object.keys(state.engine?.images ?? {}).length),
      },
      addPreviousOutputInEnv: false,
      logging: "none",
    },
    { parent, deletedWith: container },
  );
  for (const trouble of [...unplugged, ...troubles(seen)]) void pulumi.log.warn(`drifted: ${trouble}`, command);
  return command;
}

/** Returns the text of the shell script NAME.sh beside this file, without its first line and its comments. */
export function script(name: string): string {
  const text = readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .trim();
}
