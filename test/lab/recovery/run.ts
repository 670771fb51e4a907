/** npm run test:faults [-- WORDS]: every damage, or those whose name holds the words, on one lab; ends with a table. */
import { labObjects } from "../../../lab-scripts/lab/objects.ts";
import { tearDown } from "../../../lab-scripts/lab/teardown.ts";
import { TestLab } from "../harness.ts";
import { DAMAGE } from "./damage.ts";
import { type Recovery, recover } from "./recover.ts";
import { NAME, SPEC } from "./spec.ts";

const words = process.argv.slice(2).filter((word) => !/^\d+-\d+$/.test(word));
const [from = 1, to = DAMAGE.length] = process.argv.flatMap(
  (word) => /^(\d+)-(\d+)$/.exec(word)?.slice(1).map(Number) ?? [],
);
const chosen = DAMAGE.slice(from - 1, to).filter(({ name }) => words.every((word) => name.includes(word)));

const cell = (value: true | string) => (value === true ? "yes" : "NO").padEnd(10);
const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(7);
const failures: string[] = [];

function tell(one: Recovery): void {
  const columns = [cell(one.detected), cell(one.converged), cell(one.untouched)].join("");
  process.stdout.write(`${one.name.padEnd(54)}${columns}${seconds(one.previewMs)}${seconds(one.upMs)}\n`);
  for (const [what, value] of Object.entries({
    detected: one.detected,
    converged: one.converged,
    untouched: one.untouched,
  })) {
    if (value === true) continue;
    failures.push(`${one.name}: ${what}`);
    process.stdout.write(`  ${what}: ${value}\n`);
  }
}

const lab = await TestLab.create(NAME, SPEC);
let left: readonly string[] = ["not asked"];
try {
  await lab.up();
  process.stdout.write(`${"damage".padEnd(54)}detected  converged untouched preview   up s\n`);
  for (const damage of chosen) {
    const one = await recover(lab, damage).catch((error: Error) => {
      failures.push(`${damage.name}: could not be done`);
      process.stdout.write(`${damage.name}: ${error.message}\n`);
    });
    if (one) tell(one);
    if (one?.converged === true) continue;
    // The next one begins with a lab that is well.
    await tearDown(() => labObjects(NAME));
    await lab.up();
  }
  const again = await lab.preview();
  if (again.length > 0) failures.push(`a preview after all of it still lists ${again.join(", ")}`);
} finally {
  left = await lab.remove();
}
if (left.length > 0) failures.push(`left after stop: ${left.join(", ")}`);
process.stdout.write(`${chosen.length} damages, ${left.length === 0 ? "nothing" : "something"} left after stop\n`);
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
