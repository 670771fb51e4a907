/**
 * npm run test:faults [-- WORDS] [--by "npm start"]: every damage, or those whose name holds one of WORDS, on one lab, led back by plain
 * `pulumi up` or by `npm start`; with --pairs 40 [--seed N] so many random pairs of them, led back by `npm start`.
 * --slice 2/5: the second fifth of all. Ends with a table.
 */
import { parseArgs } from "node:util";
import { labObjects } from "../../../lab-scripts/lab/objects.ts";
import { tearDown } from "../../../lab-scripts/lab/teardown.ts";
import { TestLab } from "../harness.ts";
import { DAMAGE, type Damage } from "./damage.ts";
import { pairs } from "./pairs.ts";
import { NotDone, nodesTell, type Recovery, recover, type Way } from "./recover.ts";
import { NAME, SPEC } from "./spec.ts";

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    by: { type: "string" },
    pairs: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    slice: { type: "string", default: "1/1" },
  },
});
const way = (values.by ?? (values.pairs ? "npm start" : "pulumi up")) as Way;
const [slice, slices] = values.slice.split("/").map(Number) as [number, number];
const all = DAMAGE.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const count = values.pairs ? Number(values.pairs) : all.length;
const wanted = Math.round((slice * count) / slices) - Math.round(((slice - 1) * count) / slices);
/** Of pairs each slice draws its own. */
const source: Iterator<Damage> = values.pairs
  ? pairs(Number(values.seed) * 1000 + slice)
  : all.slice(Math.round(((slice - 1) * count) / slices)).values();

const WIDTH = values.pairs ? 110 : 64;
const cell = (value: true | string) => (value === true ? "yes" : "NO").padEnd(10);
const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(7);
const failures: string[] = [];

function tell(one: Recovery): void {
  const columns = [cell(one.detected), cell(one.converged), cell(one.untouched)].join("");
  process.stdout.write(`${one.name.padEnd(WIDTH)}${columns}${seconds(one.previewMs)}${seconds(one.upMs)}\n`);
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

const lab = await TestLab.createHere(NAME, SPEC);
let left: readonly string[] = ["not asked"];
let done = 0;
try {
  await lab.up();
  if (values.pairs) process.stdout.write(`seed ${values.seed}, slice ${values.slice}\n`);
  process.stdout.write(`${"damage".padEnd(WIDTH)}detected  converged untouched preview   up s\n`);
  while (done < wanted) {
    const damage = source.next().value as Damage;
    const one = await recover(lab, damage, way, values.pairs ? nodesTell : undefined).catch((error: Error) => {
      if (!(error instanceof NotDone)) throw error;
      // Of some pairs one leaves nothing for the other to damage.
      process.stdout.write(`${damage.name}: can't be done\n`);
      if (!values.pairs) failures.push(`${damage.name}: ${error.message}`);
    });
    if (one) tell(one);
    if (one || !values.pairs) done++;
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
process.stdout.write(
  `${done} ${values.pairs ? "pairs" : "damages"} led back by ${way}, ${left.length === 0 ? "nothing" : "something"} left after stop\n`,
);
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
