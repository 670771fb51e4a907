/** config → spec → plan → Lab → outputs */
import "./lean.ts";
import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Lab } from "./components/lab.ts";
import { refuseImpossible } from "./expect/userExpectations.ts";
import { askUnlessSaid } from "./machine/attendant.ts";
import { findBaseImage, hasImage } from "./machine/baseImage.ts";
import { Births } from "./machine/births.ts";
import { clearTheWay, inTheWay, withoutIt } from "./machine/inTheWay.ts";
import { inventory } from "./machine/inventory.ts";
import { refuseShortages } from "./machine/limits.ts";
import { nodeImageName } from "./machine/nodeImageName.ts";
import { observe } from "./machine/observe.ts";
import { refuseCollisions, surroundings } from "./machine/occupied.ts";
import { isUnnoted, notedFromNowOn, notesNothing } from "./machine/unnoted.ts";
import { outputs } from "./outputs.ts";
import { planLab } from "./plan/planner.ts";
import { withSubnets } from "./spec/freeSubnets.ts";
import { readLab } from "./spec/read.ts";

/** Declares the lab of the stack that it is run for. @returns the stack's outputs */
export async function program() {
  // Pulumi starts a plugin when it is first asked for something: asked now, they start beside the program's own questions.
  void docker.getNetwork({ name: "bridge" }).catch(() => undefined);
  void local.run({ command: "true" }).catch(() => undefined);

  const args = await build(new pulumi.Config("podlab").requireObject<unknown>("lab")).catch((error: unknown) => {
    // Bad input and an engine that doesn't answer are told in one message, not in a stack trace.
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  });
  const lab = new Lab(args);
  return { ...outputs(args.plan), verification: lab.verified.apply((line) => (line ? JSON.parse(line) : undefined)) };
}

async function build(spec: unknown) {
  const ask = askUnlessSaid();
  const [found, image] = await Promise.all([inventory(), findImages()]);
  const around = await surroundings(found);
  const chosen = withSubnets(spec, pulumi.getStack(), around);
  const resolved = readLab(chosen, pulumi.getStack());
  const made = planLab(resolved);
  refuseImpossible(made);
  await refuseShortages(made, found);
  refuseCollisions(resolved, made, found, around);
  const seen = await observe(made.lab, found.containers, ask);
  const way = inTheWay(made, found, seen, isUnnoted(pulumi.getStack()));
  if (!pulumi.runtime.isDryRun()) {
    await clearTheWay(way);
    notedFromNowOn(pulumi.getStack());
  }
  const births = notesNothing() ? new Births(new Date()) : undefined;
  return { plan: made, ...image, inTheWay: way, ...withoutIt(made, way, found, seen), births };
}

async function findImages() {
  const baseImage = await findBaseImage();
  return { baseImage, hasNodeImage: await hasImage(nodeImageName(baseImage)) };
}
