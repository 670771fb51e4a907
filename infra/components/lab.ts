/** The whole lab: segments, then nodes, then what joins them, then the proof that it does what its plan says. */
import * as pulumi from "@pulumi/pulumi";
import type { Observations } from "../machine/observe.ts";
import type { LabPlan, NodePlan } from "../model/plan.ts";
import { Node } from "./node.ts";
import { declareNodeImage } from "./nodeImage.ts";
import { declareRouterLink } from "./routerLink.ts";
import { Segment } from "./segment.ts";
import { declareVerification } from "./verification.ts";

export interface LabArgs {
  readonly plan: LabPlan;
  readonly baseImage: string;
  readonly observed: Observations;
}

export class Lab extends pulumi.ComponentResource {
  /** One line of JSON: the verification's summary. */
  readonly verified: pulumi.Output<string>;

  constructor({ plan, baseImage, observed }: LabArgs, opts?: pulumi.ComponentResourceOptions) {
    super("podlab:lab:Lab", plan.lab, {}, opts);
    const image = declareNodeImage(baseImage, this);
    const segments = new Map(plan.segments.map((one) => [one.name, new Segment(plan.lab, one, { parent: this })]));
    const nodes = plan.nodes.map(
      (node) =>
        new Node(
          { lab: plan.lab, plan: node, image: image.name, network: segments.get(node.segment)!.network.name, observed },
          { parent: this },
        ),
    );
    const made = plan.nodes.map((node, at) => {
      const links = node.role === "router" ? this.#links(plan, node, nodes[at]!, segments) : [];
      return [...links, ...nodes[at]!.declareUnits(links)];
    });
    const containers = nodes.map(({ container }) => container);
    const verification = declareVerification({ plan, observed, containers, made: made.flat() }, this);
    this.verified = verification.stdout;
    this.registerOutputs({});
  }

  /** The router on every segment but the one it was created on. */
  #links(plan: LabPlan, router: NodePlan, node: Node, segments: ReadonlyMap<string, Segment>) {
    return plan.segments
      .filter(({ name }) => name !== router.segment)
      .map((segment) =>
        declareRouterLink(
          {
            router: node.container,
            routerName: router.container,
            network: segments.get(segment.name)!.network,
            plan: segment,
          },
          node,
        ),
      );
  }
}
