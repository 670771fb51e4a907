import { tellContradictions } from "../lab/contradictions.ts";
import { up } from "../lab/engine.ts";
import { labObjects } from "../lab/objects.ts";
import { hasState } from "../lab/project.ts";
import { refuseCollisions, stackLab } from "../lab/stackSpec.ts";
import { reportSince, reportText, verifyLab } from "../lab/verifyLab.ts";
import { setUp } from "../setup/setup.ts";
import { EXIT, exitCodeOf } from "../verify/exitCode.ts";
import { seconds } from "../verify/report/report.ts";
import { where } from "./check.ts";
import { Failure } from "./failure.ts";

/** Builds the lab of a stack, or brings it back to what its config says; verifies it; ends with the report. */
export async function start(stack: string): Promise<void> {
  const { lab, plan } = stackLab(stack);
  const tools = await setUp({ for: "lab" });
  await refuseCollisions(lab);
  tellContradictions(plan);
  await refuseForeignLab(stack, lab.name);

  const since = new Date();
  const { exitCode, output } = await up(tools, stack);
  if (exitCode !== 0 && !/Command \(verification\)/.test(output)) {
    throw new Failure(EXIT.notProved, `the lab could not be built:\n${diagnostics(output)}`);
  }
  process.stderr.write(`lab ${lab.name} is up after ${seconds(Date.now() - since.getTime())}\n`);
  // The engine proves a lab whenever anything in it changed. Where nothing did, it is proved here: what is printed was
  // seen in this run, never before it.
  const seen = (await reportSince(lab.name, since)) ?? (await verifyLab(lab.name));
  process.stdout.write(`${reportText(seen.report, process.stdout)}${where(seen)}`);
  process.exitCode = exitCodeOf(seen.report);
}

/** A lab of that name which this clone knows nothing of would only be half taken over. */
async function refuseForeignLab(stack: string, lab: string): Promise<void> {
  if (hasState(stack)) return;
  const { containers, networks } = await labObjects(lab);
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
