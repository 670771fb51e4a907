/** Builds a lab by Pulumi's engine, or brings it back to what its config says. */
import { constants } from "node:os";
import { diskAvailable } from "../../infra/machine/limits.ts";
import { Failure } from "../commands/failure.ts";
import type { Toolchain } from "../setup/setup.ts";
import { EXIT } from "../verify/exitCode.ts";
import type { Provisioning } from "../verify/report/report.ts";
import { causeOf } from "./causes.ts";
import { clearPending, type UpOptions, up } from "./engine.ts";
import { alone, takeOver } from "./lock.ts";
import { type LabObjects, labObjects } from "./objects.ts";
import { removeOrphans } from "./orphans.ts";
import { hasState } from "./project.ts";
import { provisioningOf } from "./pulumiEvent.ts";
import { unreadable } from "./state.ts";
import { NOT_AS_PLANNED } from "./verifyBuilt.ts";

/** The lab could not be built; how far it came is known. */
export class NotBuilt extends Failure {
  readonly provisioning: Provisioning;

  constructor(message: string, provisioning: Provisioning) {
    super(EXIT.notProved, message);
    this.provisioning = provisioning;
  }
}

/**
 * Whether the lab then does what its plan says is for its caller to prove.
 * @throws NotBuilt (exit code 2); Failure when it was interrupted, or is another's
 */
export function buildLab(tools: Toolchain, stack: string, lab: string, options: UpOptions = {}): Promise<Provisioning> {
  return alone(stack, () => build(tools, stack, lab, options));
}

async function build(tools: Toolchain, stack: string, lab: string, options: UpOptions): Promise<Provisioning> {
  takeOver(stack);
  const objects = await labObjects(lab);
  refuseForeignLab(stack, lab, objects);
  await removeOrphans(stack, objects);
  await clearPending(tools, stack);
  const started = performance.now();
  const { exitCode, output, interrupted, dockerHung } = await up(tools, stack, options);
  if (interrupted) {
    throw new Failure(
      128 + constants.signals.SIGINT,
      `interrupted; npm start -- ${stack} goes on, npm stop -- ${stack} removes it`,
    );
  }
  if (dockerHung) {
    throw new Failure(
      EXIT.notProved,
      `the Docker engine hangs; restart it, then npm start -- ${stack} goes on, npm stop -- ${stack} removes the lab`,
    );
  }
  const corrupt = /failed to load checkpoint: (.*)/.exec(output);
  if (corrupt) throw unreadable(stack, corrupt[1]!);
  const provisioning = provisioningOf(output, Math.round(performance.now() - started));
  // A verification that has come to a verdict is told by its report.
  if (exitCode !== 0 && !output.includes(NOT_AS_PLANNED)) {
    const cause = causeOf(output, await diskAvailable());
    const why = cause === undefined ? "" : `: ${cause}, then npm start -- ${stack} goes on`;
    throw new NotBuilt(`the lab could not be built${why}\n${diagnostics(output)}`, provisioning);
  }
  return provisioning;
}

/** A lab of that name which this clone knows nothing of would only be half taken over. */
function refuseForeignLab(stack: string, lab: string, { containers, networks }: LabObjects): void {
  if (hasState(stack)) return;
  if (containers.length + networks.length === 0) return;
  const names = [...containers, ...networks].map(({ name }) => name).join(", ");
  throw new Failure(
    EXIT.notProved,
    `lab ${lab} is on this machine already (${names}), but this clone's state does not know it: another clone made it, ` +
      `or the state was lost. Remove it with npm stop -- ${stack}, or give this one another name (podlab:lab, name)`,
  );
}

/** What Pulumi has to say about a failure, without its list of what went well. */
function diagnostics(output: string): string {
  const from = output.search(/^(Diagnostics:|error:)/m);
  const to = output.search(/^Resources:/m);
  return output.slice(Math.max(0, from), to > from ? to : undefined).trimEnd();
}
