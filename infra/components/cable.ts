/**
 * Plugs a node into a segment. A resource of its own rather than a network of the node's container: so the node starts while its
 * segment is still being made, and the router is plugged into the segment of a new host while the others keep talking.
 */
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { shortId } from "../machine/docker.ts";
import type { NodePlan, SegmentPlan } from "../plan/plan.ts";
import { engineOption } from "../spec/names.ts";
import { script } from "./desiredState.ts";

export interface CableArgs {
  /** What its resource's name begins with. */
  readonly prefix: string;
  readonly node: NodePlan;
  readonly container: docker.Container;
  readonly segment: SegmentPlan;
  readonly networkId: pulumi.Output<string>;
  readonly address: string;
  /** What is wrong with it: the node is not plugged in there, or with another address. */
  readonly trouble: string | undefined;
}

export function declareCable(args: CableArgs, parent: pulumi.Resource): local.Command {
  const { prefix, node, container, segment, networkId, address, trouble } = args;
  const engine = engineOption(node);
  const command = new local.Command(
    `${prefix}${node.name}-on-${segment.name}`,
    {
      create: script("plug-in"),
      delete: `docker ${engine ? '"$ENGINE" ' : ""}network disconnect "$NETWORK" "$NODE" 2> /dev/null || true`,
      environment: {
        NODE: node.container,
        ...(engine ? { ENGINE: engine } : {}),
        NODE_ID: container.id.apply(shortId),
        NETWORK: segment.network,
        ...(segment.machine ? { SWARM: "yes" } : {}),
        NETWORK_ID: networkId.apply(shortId),
        ADDRESS: address,
        // New where it is plugged in again; otherwise the engine keeps what it has.
        REPAIRED: trouble ? new Date().toISOString() : "",
      },
      // Pulled out of a network that is made anew: one is removed only when nothing is plugged into it.
      triggers: [networkId],
      addPreviousOutputInEnv: false,
      logging: "none",
    },
    // Not deletedWith its node, for the same reason.
    { parent, deleteBeforeReplace: true, ignoreChanges: trouble ? [] : ["environment.REPAIRED"] },
  );
  if (trouble) void pulumi.log.warn(`drifted: ${trouble}`, command);
  return command;
}
