/** The whole lab: segments, then nodes, then what joins them, then the proof that it does what its plan says. */
import * as pulumi from "@pulumi/pulumi";
import type { Observations } from "../machine/observe.ts";
import type { LabPlan } from "../model/plan.ts";
import { NewNodes } from "./newNodes.ts";
import { Node } from "./node.ts";
import { declareNodeImage } from "./nodeImage.ts";
import { Segment } from "./segment.ts";
import { UnitFiles } from "./unitFiles.ts";
import { declareVerification } from "./verification.ts";

export interface LabArgs {
  readonly plan: LabPlan;
  readonly baseImage: string;
  /** Whether the machine has the node image that is made from it. */
  readonly hasNodeImage: boolean;
  readonly observed: Observations;
  /** Ids of the containers that the lab has already. */
  readonly known: ReadonlySet<string>;
}

export class Lab extends pulumi.ComponentResource {
  /** One line of JSON: the verification's summary. */
  readonly verified: pulumi.Output<string>;

  constructor({ plan, baseImage, hasNodeImage, observed, known }: LabArgs, opts?: pulumi.ComponentResourceOptions) {
    super("podlab:lab:Lab", plan.lab, {}, opts);
    const image = declareNodeImage(baseImage, hasNodeImage, this);
    const segments = new Map(plan.segments.map((one) => [one.name, new Segment(plan.lab, one, { parent: this })]));
    const files = new UnitFiles(plan.lab);
    const newNodes = new NewNodes(files, observed, known);
    const nodes = plan.nodes.map(
      (node) => new Node({ lab: plan.lab, plan: node, image, observed, newNodes, files }, { parent: this }),
    );
    const made = plan.nodes.map((node, at) => {
      const on = plan.segments.filter(({ name }) => node.role === "router" || name === node.segment);
      const links = nodes[at]!.declareLinks(on.map((one) => ({ plan: one, network: segments.get(one.name)!.network })));
      return [...links, ...nodes[at]!.declareUnits(links)];
    });
    const containers = nodes.map(({ container }) => container);
    const verification = declareVerification({ plan, observed, containers, made: made.flat() }, this);
    this.verified = verification.stdout;
    this.registerOutputs({});
  }
}
