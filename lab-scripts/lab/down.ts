import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Inventory } from "../../infra/machine/inventory.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";
import { findToolchain } from "../setup/setup.ts";
import { alone } from "./lock.ts";
import { labObjects } from "./objects.ts";
import { isStackName, PROJECT, ROOT } from "./project.ts";
import { stackLab } from "./stackSpec.ts";
import { type Teardown, tearDown } from "./teardown.ts";

/** Tears the lab of a stack down, checks that nothing is left, and has Pulumi forget it. */
export function down(stack: string): Promise<void> {
  // Its file may be gone: any name will do that could have been one.
  if (!isStackName(stack)) throw new Failure(EXIT.badInput, `${JSON.stringify(stack)} can't be a stack's name`);
  return alone(stack, () => stopAlone(stack));
}

async function stopAlone(stack: string): Promise<void> {
  const lab = labName(stack);
  try {
    const objects = await labObjects(lab);
    // First: it fails while another Pulumi is at work. What is on the machine is known by its labels.
    await forget(stack);
    const done = await tearDown(lab, objects);
    if (done.left.length > 0) {
      throw new Failure(
        EXIT.notAsExpected,
        `lab ${lab} is not gone; left on the machine:\n  ${done.left.join("\n  ")}`,
      );
    }
    process.stdout.write(told(lab, objects, done));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      EXIT.notProved,
      `${(error as Error).message}\nso nobody can say that lab ${lab} is gone; npm stop -- ${stack} goes on when that is mended`,
    );
  }
}

async function forget(stack: string): Promise<void> {
  const tools = await findToolchain();
  if (!tools) return; // without a Pulumi there is no state either
  const { forgetStack } = await import("./pulumiStack.ts");
  const unreadable = await forgetStack(tools, stack);
  if (unreadable === undefined) return;
  // Pulumi has no command for a state that it can't read.
  const files = [`${stack}.json`, `${stack}.json.bak`].map((name) => join(".state/.pulumi/stacks", PROJECT, name));
  for (const file of files) rmSync(join(ROOT, file), { force: true });
  process.stderr.write(
    `podlab: Pulumi's state of stack ${stack} could not be read (${unreadable}); removed ${files[0]}\n`,
  );
}

/** The stack's file may be gone or broken by now; the lab is named after its stack unless the file says otherwise. */
function labName(stack: string): string {
  try {
    return stackLab(stack).lab.name;
  } catch {
    return stack;
  }
}

function told(lab: string, objects: Inventory, { containers, networks, volumes }: Teardown): string {
  if (containers + networks === 0) return `lab ${lab}: nothing of it is on this machine\n`;
  const earlier = [...objects.containers, ...objects.networks].some(({ owner }) => owner === "");
  return (
    `lab ${lab}${earlier ? ", made by an earlier version of podlab" : ""}: ${containers} containers, ${networks} networks ` +
    `and ${volumes} volumes removed; no process, namespace, interface, route or firewall rule of it is left\n`
  );
}
