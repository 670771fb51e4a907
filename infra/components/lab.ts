/** The whole lab: its segments, its nodes with all that is in them, and the check that it does what its plan says. */
import * as pulumi from "@pulumi/pulumi";
import { pluggedWrong } from "../machine/cables.ts";
import type { Survey } from "../survey.ts";
import { Node } from "./node.ts";
import { declareNodeImage } from "./nodeImage.ts";
import { Segment } from "./segment.ts";
import { Verification } from "./verification.ts";

export class Lab extends pulumi.ComponentResource {
  readonly segments: readonly Segment[];
  readonly nodes: readonly Node[];
  /** The verification's summary. */
  readonly verified: pulumi.Output<unknown>;

  constructor(survey: Survey, opts?: pulumi.ComponentResourceOptions) {
    const { plan, maker, image, found } = survey;
    super("podlab:lab:Lab", plan.lab, {}, opts);
    const parent = { parent: this };
    const built = declareNodeImage(image, this);
    this.segments = plan.segments.map((segment) => new Segment({ plan: segment, maker }, parent));
    const common = {
      maker,
      survey,
      // Nodes need not wait for what is there.
      image: image.isThere ? undefined : built,
      segments: new Map(plan.segments.map(({ name }, at) => [name, this.segments[at]!])),
      pluggedWrong: pluggedWrong(plan, found),
    };
    this.nodes = plan.nodes.map((node) => new Node({ ...common, plan: node }, parent));
    this.verified = new Verification({ ...survey, nodes: this.nodes }, parent).summary;
    this.registerOutputs({ name: plan.lab, verified: this.verified });
  }
}
