/** A container of the machine that plays a host, the router or the internet, with everything inside it. */
import type { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { cablesOf } from "../machine/cables.ts";
import { isBroken } from "../machine/observe.ts";
import type { Maker } from "../machine/owner.ts";
import type { NodePlan } from "../plan/plan.ts";
import type { Survey } from "../survey.ts";
import { nodeContainer } from "./containers.ts";
import { declareState } from "./desiredState.ts";
import type { Machine } from "./machine.ts";
import { Pod } from "./pod.ts";
import type { Segment } from "./segment.ts";

export interface NodeArgs {
  readonly plan: NodePlan;
  readonly maker: Maker;
  /** What the names of its resources begin with. */
  readonly prefix: string;
  readonly survey: Survey;
  /** Builds the image of nodes, where that is to be waited for. */
  readonly image: local.Command | undefined;
  /** By name. */
  readonly segments: ReadonlyMap<string, Segment>;
  /** What is wrong with its cables (machine/cables.ts). */
  readonly pluggedWrong: ReadonlyMap<string, string>;
  /** What a machine other than the first has of its own, by its name. */
  readonly machines: ReadonlyMap<string, Machine>;
}

export class Node extends pulumi.ComponentResource {
  readonly container: docker.Container;
  readonly state: local.Command;
  readonly containerName: pulumi.Output<string>;
  readonly address: pulumi.Output<string>;

  constructor(args: NodeArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, maker, prefix, survey, image } = args;
    const { name } = plan;
    super(`podlab:lab:${plan.role.charAt(0).toUpperCase()}${plan.role.slice(1)}`, `${prefix}${name}`, {}, opts);
    const was = survey.found.containers.find((one) => one.name === plan.container && one.lab === maker.lab);
    const remade = isBroken(survey.observed.get(name)) ? new Date().toISOString() : was?.remade;
    const declared = nodeContainer(plan, survey.image.name, maker, remade);
    const elsewhere = plan.machine && args.machines.get(plan.machine.name)!;
    // What is on another machine comes after its segment, whose label says where to look for it.
    const before = elsewhere ? [elsewhere.image, args.segments.get(plan.segment)!.network] : image ? [image] : [];
    this.container = new docker.Container(`${prefix}${name}`, declared, {
      parent: this,
      // Docker does not report systempaths back, so a refresh takes it for removed. It is constant here.
      ignoreChanges: ["securityOpts"],
      dependsOn: before,
      ...(elsewhere ? { provider: elsewhere.provider } : {}),
    });
    this.state = declareState(
      {
        name: `${prefix}${name}`,
        container: this.container,
        node: plan,
        state: survey.states.get(name)!,
        seen: survey.observed.get(name),
        cables: cablesOf(survey.plan, plan).map(({ segment, address }) => {
          const { networkId } = args.segments.get(segment.name)!;
          const trouble = args.pluggedWrong.get(`${name}/${segment.name}`);
          return { network: segment.network, networkId, address, trouble };
        }),
      },
      this,
    );
    for (const pod of survey.plan.pods.filter(({ host }) => host === name)) {
      new Pod({ prefix, plan: pod, state: this.state }, { parent: this });
    }
    this.containerName = this.container.name;
    this.address = pulumi.output(plan.address);
    this.registerOutputs({ containerName: this.containerName, address: this.address });
  }
}
