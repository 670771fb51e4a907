import { EXIT, Failure } from "../exit.ts";
import { releaseProblems } from "../release/check.ts";

/** Checks what must hold before a version is published. */
export async function releaseCheck(): Promise<void> {
  const problems = await releaseProblems((line) => process.stderr.write(`${line}\n`));
  if (problems.length > 0)
    throw new Failure(EXIT.notAsExpected, `not ready to be published:\n  ${problems.join("\n  ")}`);
  process.stdout.write("ready to be published\n");
}
