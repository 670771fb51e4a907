/** config → spec → plan → Lab → outputs */
import "./quickErrors.ts";
import * as pulumi from "@pulumi/pulumi";
import { findBaseImage, hasImage } from "../lab-scripts/image/base.ts";
import { Lab } from "./components/lab.ts";
import { nodeImageName } from "./components/nodeImage.ts";
import { containerIds, observe } from "./machine/observe.ts";
import { occupied } from "./machine/occupied.ts";
import { collisions } from "./model/collisions.ts";
import { planLab } from "./model/planner.ts";
import { SpecError } from "./model/problem.ts";
import { readLab } from "./model/read.ts";
import { refuseImpossible } from "./model/userExpectations.ts";
import { outputs } from "./outputs.ts";

const spec = new pulumi.Config("podlab").requireObject<unknown>("lab");
const plan = await build().catch((error: unknown) => {
  // Bad input and an engine that doesn't answer are told in one message, not in a stack trace.
  throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
});

async function build() {
  const lab = readLab(spec, pulumi.getStack());
  const [inUse, observed, known, image] = await Promise.all([
    occupied(lab.name),
    observe(lab.name),
    containerIds(lab.name),
    findImages(),
  ]);
  const met = collisions(lab, inUse);
  if (met.length > 0) throw new SpecError(met);
  const made = planLab(lab, spec);
  refuseImpossible(made);
  return { plan: made, observed, known, ...image };
}

async function findImages() {
  const baseImage = await findBaseImage();
  return { baseImage, hasNodeImage: await hasImage(nodeImageName(baseImage)) };
}

const lab = new Lab(plan);

export const { hosts, pods, routes, tryNext } = outputs(plan.plan);
export const verification = lab.verified.apply((line) => (line ? JSON.parse(line) : undefined));
