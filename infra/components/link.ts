/**
 * Plugs a node into a segment. A link of its own rather than a network of the node's container: so the node starts while its
 * segment is still being made, the router is plugged into the segment of a new host while the others keep talking, and a
 * segment that was made anew is plugged in again.
 */
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { shortId } from "../machine/docker.ts";
import type { NodePlan } from "../plan/plan.ts";
import type { Cable } from "./newNodes.ts";
import { doorScript } from "./scripts.ts";

export interface LinkArgs {
  readonly node: NodePlan;
  readonly container: docker.Container;
  readonly cable: Cable;
  /** When it is, or won't be, plugged in as part of a new node. */
  readonly plugged: Promise<void>;
  /** What is wrong with it: the node is not plugged in there, or with another address. */
  readonly trouble: string | undefined;
}

export function declareLink(args: LinkArgs, parent: pulumi.Resource): local.Command {
  const { node, container, cable, plugged, trouble } = args;
  const { segment, network, address } = cable;
  const command = new local.Command(
    `${node.name}-on-${segment.name}`,
    {
      create: doorScript("connect"),
      delete: doorScript("disconnect"),
      environment: {
        NODE: node.container,
        NODE_ID: container.id.apply(shortId),
        NETWORK: segment.network,
        NETWORK_ID: network.id.apply(shortId),
        ADDRESS: address,
        // New where it is plugged in again; otherwise the engine keeps what it has.
        MENDED: trouble ? new Date().toISOString() : "",
      },
      addPreviousOutputInEnv: false,
      logging: "none",
    },
    // Not deletedWith its node: a network is removed only when nothing is plugged into it.
    {
      parent,
      dependsOn: [plugged.then(() => container), network],
      ignoreChanges: trouble ? [] : ["environment.MENDED"],
    },
  );
  if (trouble) void pulumi.log.warn(`drifted: ${trouble}`, command);
  return command;
}
