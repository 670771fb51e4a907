import { rm } from "node:fs/promises";
import { docker, lines } from "../../infra/machine/docker.ts";
import { LABEL } from "../../infra/spec/names.ts";
import { type LabObjects, labObjects } from "../lab/objects.ts";
import { ROOT } from "../lab/project.ts";
import { tearDown } from "../lab/teardown.ts";
import { cleanSetUp } from "../setup/clean.ts";
import { EXIT } from "../verify/exitCode.ts";
import { Failure } from "./failure.ts";

/** Removes every lab of this machine, podlab's images, states, reports and caches. What the user had is left alone. */
export async function clean(): Promise<void> {
  await labObjects().then(cleanEngine, withoutEngine);
  for (const made of [".state/.pulumi", ".state/podlab", "report"])
    await rm(`${ROOT}/${made}`, { recursive: true, force: true });
  process.stdout.write(await cleanSetUp());
}

async function cleanEngine({ containers, networks }: LabObjects): Promise<void> {
  for (const lab of new Set([...containers, ...networks].map((one) => one.lab))) {
    const { left } = await tearDown(lab);
    if (left.length > 0) throw new Failure(EXIT.notAsExpected, `lab ${lab} is not gone: ${left.join(", ")}`);
    process.stdout.write(`lab ${lab} removed\n`);
  }
  const ids = [...new Set(lines(await docker("image", "ls", "--quiet", "--filter", `label=${LABEL.role}`)))];
  if (ids.length > 0) await docker("image", "rm", "--force", ...ids);
  process.stdout.write(`${ids.length} images removed\n`);
}

/** The rest can be removed all the same: labs are known by their labels when their engine is back. */
function withoutEngine({ message }: Error): void {
  process.stderr.write(
    `podlab: ${message}\nlabs and images stay where no engine answers; npm run clean once more when it does\n`,
  );
  process.exitCode = EXIT.notProved;
}
