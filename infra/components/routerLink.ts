/**
 * Plugs the router into one more segment. A link of its own rather than a network of the router's container, because a
 * change there would replace the router: so a new host is plugged in while the others keep talking.
 */
import { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { SegmentPlan } from "../model/plan.ts";

const CONNECT =
  'docker network disconnect "$NETWORK" "$ROUTER" 2> /dev/null; docker network connect --ip "$ADDRESS" "$NETWORK" "$ROUTER"';
const DISCONNECT = 'docker network disconnect "$NETWORK" "$ROUTER" 2> /dev/null || true';

export function declareRouterLink(
  args: { router: docker.Container; routerName: string; network: docker.Network; plan: SegmentPlan },
  parent: pulumi.Resource,
): local.Command {
  return new local.Command(
    `router-on-${args.plan.name}`,
    {
      create: CONNECT,
      delete: DISCONNECT,
      environment: {
        ROUTER: args.routerName,
        ROUTER_ID: args.router.id,
        NETWORK: args.plan.network,
        NETWORK_ID: args.network.id,
        ADDRESS: args.plan.router,
      },
      addPreviousOutputInEnv: false,
      logging: "none",
    },
    { parent, dependsOn: [args.router, args.network] },
  );
}
