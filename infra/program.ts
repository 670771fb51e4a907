/** config → spec → plan → Lab → outputs */

import * as pulumi from "@pulumi/pulumi";
import { declareLab } from "./components/lab.ts";
import { commandLine, HOME } from "./home.ts";
import { obstacles, suspects } from "./machine/leftovers.ts";
import { outputs } from "./outputs.ts";
import { labInFile } from "./spec/written.ts";
import { type Survey, survey } from "./survey.ts";

/**
 * Declares the lab of the stack that it is run for.
 * @param known what is known of it already
 * @returns the stack's outputs
 */
export async function program(known?: Survey) {
  const args = known ?? (await look());
  if (!known) tellLeftovers(args);
  const lab = new pulumi.ComponentResource("podlab:index:Lab", args.plan.lab);
  return { ...outputs(args), verification: declareLab(args, { parent: lab }) };
}

/** Tells bad input, or an engine that doesn't answer, in one message and not in a stack trace. */
async function look(): Promise<Survey> {
  const config = new pulumi.Config("podlab");
  const file = config.get("file");
  try {
    const spec = config.getObject("lab") ?? (file ? labInFile(file, HOME) : config.requireObject("lab"));
    return await survey(spec, pulumi.getStack());
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Tells of what is left over on the machine before anything is made. The program can't know what Pulumi's state has: of what only may
 * be in the way it says what to do should Docker refuse a name or a subnet.
 * @throws RunError when Docker is sure to
 */
function tellLeftovers({ plan, found, observed }: Survey): void {
  const command = `${commandLine("start", pulumi.getStack())} removes what is left over, and goes on`;
  const inTheWay = obstacles(plan, found);
  if (inTheWay.length > 0)
    throw new pulumi.RunError(`lab ${plan.lab} can't be made: ${inTheWay.join("; ")}. ${command}`);
  const names = suspects(plan, found, observed);
  if (names.length === 0) return;
  void pulumi.log.warn(
    `${names.join(", ")} may be left of a run that was cut off, or of an earlier plan; if Docker says that a name or a ` +
      `subnet is in use, ${command}`,
  );
}
