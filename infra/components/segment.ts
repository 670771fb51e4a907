/** A layer-2 network that joins a node to the router. */
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Inventory } from "../machine/inventory.ts";
import type { Maker } from "../machine/owner.ts";
import type { SegmentPlan } from "../plan/plan.ts";
import { engineOption } from "../spec/names.ts";
import { segmentNetwork, specOf } from "./containers.ts";
import { script } from "./desiredState.ts";

export interface SegmentArgs extends Pick<Inventory, "networks"> {
  readonly plan: SegmentPlan;
  readonly maker: Maker;
  /** What the names of its resources begin with. */
  readonly prefix: string;
}

export class Segment extends pulumi.ComponentResource {
  /**
   * A Docker network. No `docker.Network`: Docker's provider waits two seconds before it looks at a network, one that it has just
   * made as well as one that is there.
   */
  readonly network: local.Command;
  readonly networkId: pulumi.Output<string>;
  readonly networkName: pulumi.Output<string>;
  readonly subnet: pulumi.Output<string>;
  /** The router's address on it. */
  readonly router: pulumi.Output<string>;

  constructor({ plan, maker, prefix, networks }: SegmentArgs, opts: pulumi.ComponentResourceOptions) {
    const name = `${prefix}${plan.name}`;
    super("podlab:lab:Segment", name, {}, opts);
    const declared = segmentNetwork(plan, maker);
    const engine = engineOption(plan);
    const isThere = networks.some((one) => one.name === plan.network && one.lab === maker.lab);
    this.network = new local.Command(
      name,
      {
        create: script("make-segment"),
        delete: script("remove-segment"),
        stdin: `${declared.flags.join("\n")}\n`,
        environment: {
          NETWORK: plan.network,
          ...(engine ? { ENGINE: engine } : {}),
          // New where it is gone; otherwise the engine keeps what it has.
          MISSING: isThere ? "" : new Date().toISOString(),
        },
        // Docker changes nothing of a network that is there.
        triggers: [specOf(declared)],
        logging: "none",
      },
      { parent: this, deleteBeforeReplace: true, ignoreChanges: isThere ? ["environment.MISSING"] : [] },
    );
    this.networkId = this.network.stdout;
    this.networkName = pulumi.output(plan.network);
    this.subnet = pulumi.output(plan.subnet);
    this.router = pulumi.output(plan.router);
    this.registerOutputs({ networkName: this.networkName, subnet: this.subnet, router: this.router });
  }
}
