/** The whole lab: segments, then nodes, then what joins them, then the proof that it does what its plan says. */
import * as pulumi from "@pulumi/pulumi";
import type { Births } from "../machine/births.ts";
import { conditionOf } from "../machine/condition.ts";
import type { InTheWay } from "../machine/inTheWay.ts";
import type { Inventory } from "../machine/inventory.ts";
import type { Observations } from "../machine/observe.ts";
import type { LabPlan } from "../plan/plan.ts";
import { type Begun, NewNodes } from "./newNodes.ts";
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
  /** What the machine's engine has. */
  readonly inventory: Inventory;
  readonly observed: Observations;
  /** What of it has to be made again. */
  readonly inTheWay: InTheWay;
  /** In a run that notes down nothing before its end (machine/unnoted.ts). */
  readonly births?: Births | undefined;
}

export class Lab extends pulumi.ComponentResource {
  /** One line of JSON: the verification's summary. */
  readonly verified: pulumi.Output<string>;

  constructor(args: LabArgs, opts?: pulumi.ComponentResourceOptions) {
    super("podlab:lab:Lab", args.plan.lab, {}, opts);
    const { plan, baseImage, hasNodeImage, inventory, observed, inTheWay, births } = args;
    const { lab } = plan;
    const condition = conditionOf(plan, inventory);
    const again = new Set([...inTheWay.containers, ...inTheWay.networks].map(({ name }) => name));
    const image = declareNodeImage(baseImage, hasNodeImage, this);
    const segments = new Map(
      plan.segments.map((one) => [
        one.name,
        new Segment({ lab, plan: one, anew: again.has(one.network) }, { parent: this }),
      ]),
    );
    const files = new UnitFiles(lab);
    const newNodes = new NewNodes({ files, observed, condition, containers: inventory.containers, births });
    const nodes = plan.nodes.map(
      (node) =>
        new Node(
          {
            lab,
            plan: node,
            image,
            observed,
            condition,
            anew: again.has(node.container),
            files,
          },
          { parent: this },
        ),
    );
    const allBegun: Begun[] = [];
    const made = plan.nodes.map((node, at) => {
      const on = plan.segments.filter(({ name }) => node.role === "router" || name === node.segment);
      const cables = on.map((segment) => ({
        segment,
        network: segments.get(segment.name)!.network,
        address: node.role === "router" ? segment.router : node.address,
      }));
      const begun = newNodes.begin(node, nodes[at]!.container, cables);
      allBegun.push(begun);
      const links = nodes[at]!.declareLinks(cables, begun);
      return [...links, ...nodes[at]!.declareUnits(links, begun)];
    });
    files.written();
    const containers = nodes.map(({ container }) => container);
    const verification = declareVerification(
      {
        plan,
        inventory,
        observed,
        condition,
        containers,
        made: made.flat(),
        whole: allBegun.some(({ news }) => news)
          ? Promise.all(allBegun.map(({ whole }) => whole)).then((all) => all.every(Boolean))
          : undefined,
      },
      this,
    );
    this.verified = verification.stdout;
    this.registerOutputs({});
  }
}
