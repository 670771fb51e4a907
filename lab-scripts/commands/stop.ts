import { alone, takeOver } from "../lab/lock.ts";
import { isStackName } from "../lab/project.ts";
import { stackLab } from "../lab/stackSpec.ts";
import { dropState } from "../lab/state.ts";
import { type Teardown, tearDown } from "../lab/teardown.ts";
import { EXIT } from "../verify/exitCode.ts";
import { Failure } from "./failure.ts";

/** Tears the lab of a stack down, proves that nothing is left, and lets Pulumi forget it. */
export function stop(stack: string): Promise<void> {
  // Its file may be gone: any name will do that could have been one.
  if (!isStackName(stack)) throw new Failure(EXIT.badInput, `${JSON.stringify(stack)} can't be a stack's name`);
  return alone(stack, () => stopAlone(stack));
}

async function stopAlone(stack: string): Promise<void> {
  const lab = labName(stack);
  takeOver(stack);
  const done = await tearDown(lab).catch((error: Error) => {
    throw new Failure(
      EXIT.notProved,
      `${error.message}\nso nobody can say that lab ${lab} is gone; npm stop -- ${stack} goes on when that is mended`,
    );
  });
  if (done.left.length > 0) {
    throw new Failure(EXIT.notAsExpected, `lab ${lab} is not gone; left on the machine:\n  ${done.left.join("\n  ")}`);
  }
  dropState(stack);
  process.stdout.write(told(lab, done));
}

/** The stack's file may be gone or broken by now; the lab is named after its stack unless the file says otherwise. */
function labName(stack: string): string {
  try {
    return stackLab(stack).lab.name;
  } catch {
    return stack;
  }
}

function told(lab: string, { containers, networks, volumes }: Teardown): string {
  if (containers + networks === 0) return `lab ${lab}: nothing of it is on this machine\n`;
  return (
    `lab ${lab}: ${containers} containers, ${networks} networks and ${volumes} volumes removed; ` +
    "no process, namespace, interface, route or firewall rule of it is left\n"
  );
}
