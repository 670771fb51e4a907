/** A pod of a host: its pause container and those that share its namespace. The host's state Command makes it. */
import type { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { PodPlan } from "../plan/plan.ts";
import { innerName } from "../spec/names.ts";

interface PodArgs {
  /** What its resource's name begins with. */
  readonly prefix: string;
  readonly plan: PodPlan;
  /** The state Command of its host. */
  readonly state: local.Command;
}

export class Pod extends pulumi.ComponentResource {
  readonly address: pulumi.Output<string>;
  /** Names of its containers in the host, the pause container first. */
  readonly containers: pulumi.Output<string[]>;

  constructor({ prefix, plan, state }: PodArgs, opts: pulumi.ComponentResourceOptions) {
    super("podlab:lab:Pod", `${prefix}${innerName(plan.host, plan.name)}`, {}, opts);
    this.address = state.urn.apply(() => plan.address);
    this.containers = pulumi.output([plan.pause, ...plan.containers.map(({ container }) => container)]);
    this.registerOutputs({ address: this.address, containers: this.containers });
  }
}
