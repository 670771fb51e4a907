import { toldOf, verifyBuilt } from "../lab/verifyBuilt.ts";

/** What the Verification resource runs where nobody attends (lab-scripts/door/verify.mjs). */
export async function verify(lab: string): Promise<void> {
  const { GENERATIONS: generations, MENDED: mended } = process.env;
  const told = generations === undefined ? {} : { told: { generations, mended: mended ?? "" } };
  const { report } = await verifyBuilt(lab, told);
  const { exitCode, output, tell } = toldOf(report);
  if (output !== undefined) process.stdout.write(output);
  if (tell !== undefined) process.stderr.write(tell);
  process.exitCode = exitCode;
}
