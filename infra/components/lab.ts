/** The whole lab: its segments, its nodes with all that is in them, and the check that it does what its plan says. */
import type * as pulumi from "@pulumi/pulumi";
import { pluggedWrong } from "../machine/cables.ts";
import { machinesOf } from "../machine/machines.ts";
import type { Survey } from "../survey.ts";
import { declareLetPass } from "./letPass.ts";
import { declareMachines } from "./machine.ts";
import { Node } from "./node.ts";
import { declareNodeImage } from "./nodeImage.ts";
import { Segment } from "./segment.ts";
import { Verification } from "./verification.ts";

export interface DeclareOptions {
  /** The component that it all belongs to. */
  readonly parent: pulumi.ComponentResource;
  /** What the names of its resources begin with: two labs of one program must not share a name. */
  readonly prefix?: string;
  /** For a program that is not podlab's own, whose Commands run somewhere else. */
  readonly place?: CommandPlace;
}

/** Where Commands that use podlab's own files run. */
interface CommandPlace {
  /** The folder `infra` that this is. */
  readonly dir: string;
  /** The folder whose labs these are (home.ts). */
  readonly home: string;
}

/** Declares all resources of a lab. Returns the verification's summary, which is there when the lab does what its plan says. */
export function declareLab(survey: Survey, options: DeclareOptions): pulumi.Output<unknown> {
  const { parent, prefix = "" } = options;
  const { plan, maker, image, found } = survey;
  const below = { parent };
  const built = declareNodeImage(image, options);
  const segments = plan.segments.map(
    (segment) => new Segment({ plan: segment, maker, prefix, networks: found.networks }, below),
  );
  const letPass = declareLetPass({ ...survey, prefix, segments, built }, parent);
  const common = {
    maker,
    prefix,
    survey,
    // Nodes need not wait for what is there.
    image: image.isThere ? undefined : built,
    segments: new Map(plan.segments.map(({ name }, at) => [name, segments[at]!])),
    pluggedWrong: pluggedWrong(plan, found),
  };
  const machines = declareMachines(machinesOf(plan.nodes), built, survey, options);
  const nodes = plan.nodes.map((node) => new Node({ ...common, machines, plan: node }, below));
  return new Verification({ ...survey, ...options, nodes, letPass }, below).summary;
}
