/** A layer-2 network that joins a node to the router. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Maker } from "../machine/owner.ts";
import type { SegmentPlan } from "../plan/plan.ts";
import { segmentNetwork } from "./containers.ts";

export interface SegmentArgs {
  readonly plan: SegmentPlan;
  readonly maker: Maker;
  /** What the names of its resources begin with. */
  readonly prefix: string;
}

export class Segment extends pulumi.ComponentResource {
  readonly network: docker.Network;
  readonly networkName: pulumi.Output<string>;
  readonly subnet: pulumi.Output<string>;
  /** The router's address on it. */
  readonly router: pulumi.Output<string>;

  constructor({ plan, maker, prefix }: SegmentArgs, opts: pulumi.ComponentResourceOptions) {
    const name = `${prefix}${plan.name}`;
    super("podlab:lab:Segment", name, {}, opts);
    this.network = new docker.Network(name, segmentNetwork(plan, maker), {
      parent: this,
      deleteBeforeReplace: true,
      // Swarm adds an option of its own, the number of the network's VXLAN.
      ...(plan.machine ? { ignoreChanges: ["options"] } : {}),
    });
    this.networkName = this.network.name;
    this.subnet = pulumi.output(plan.subnet);
    this.router = pulumi.output(plan.router);
    this.registerOutputs({ networkName: this.networkName, subnet: this.subnet, router: this.router });
  }
}
