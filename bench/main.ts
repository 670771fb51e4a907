/**
 * `npm run bench`: podlab and script.sh build the same labs in turn, several times, and containerlab something like them where it
 * is installed; prints and writes what it found.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SIGNALS } from "../lab-scripts/setup/interruption.ts";
import { containerlabRun, hasContainerlab, scriptRun } from "./peers.ts";
import { plot } from "./plot.ts";
import { podlabRun } from "./podlab.ts";
import { type Pair, type Results, rowOf, slower, tables, withResults } from "./results.ts";
import { interruption, type Size, sizeOf } from "./stopwatch.ts";

const FILES = {
  results: join(import.meta.dirname, "results.json"),
  plot: join(import.meta.dirname, "time.svg"),
  readme: join(import.meta.dirname, "README.md"),
};

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "2x1,4x4,8x4,16x4" },
    runs: { type: "string", default: "3" },
    compare: { type: "boolean", default: false },
  },
});
const sizes = values.sizes.split(",");
const runs = Number(values.runs);
for (const size of sizes) sizeOf(size); // before anything is built

// A Ctrl-C ends the command that is being timed, too.
for (const signal of SIGNALS) process.on(signal, () => interruption.abort());

const peer = await hasContainerlab();
const pairs = new Map<string, Pair[]>(sizes.map((size) => [size, []]));
for (let run = 1; run <= runs; run += 1) {
  for (const size of sizes) {
    try {
      const pair = await measured(sizeOf(size), run % 2 === 0);
      const { script, podlab, containerlab } = pair;
      pairs.get(size)!.push(pair);
      const told = `up ${podlab.up} s, script ${script.up} s; again ${podlab.again} s; down ${podlab.down} s, script ${script.down} s`;
      const beside = containerlab ? `; containerlab's plain containers ${containerlab.up} s` : "";
      console.error(`run ${run}, ${size}: ${told}${beside}`);
    } catch (error) {
      if (interruption.signal.aborted) process.exit(130);
      // The other sizes are worth their time all the same.
      console.error(`run ${run}, ${size} failed: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

/**
 * One right after the other, so that all meet the machine in the same mood. @param reversed in the other order: a lab is built more
 * slowly where another was just removed, so none is always the one that comes after the same
 */
async function measured(size: Size, reversed: boolean): Promise<Pair> {
  const turns = {
    script: () => scriptRun(size),
    podlab: () => podlabRun(size),
    containerlab: async () => (peer ? containerlabRun(size).catch(passedOver) : undefined),
  };
  const order = Object.keys(turns) as (keyof typeof turns)[];
  const found: Partial<Record<keyof typeof turns, unknown>> = {};
  for (const who of reversed ? order.reverse() : order) {
    interruption.signal.throwIfAborted();
    found[who] = await turns[who]();
  }
  return found as Pair;
}

/** What podlab and the script took is worth knowing all the same, and says nothing less. */
function passedOver(error: Error): undefined {
  console.error(`containerlab is passed over: ${error.message}`);
}

const results: Results = {
  version: 1,
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`,
  command: `npm run bench -- --sizes ${values.sizes} --runs ${runs}`,
  runs,
  rows: [...pairs].flatMap(([size, found]) => (found.length > 0 ? [rowOf(size, found)] : [])),
};
console.log(`${results.machine}; medians of ${runs}; seconds\n\n${tables(results)}`);

if (values.compare) {
  const committed = JSON.parse(readFileSync(FILES.results, "utf8")) as Results;
  const worse = slower(results, committed);
  for (const line of worse) console.log(`slower: ${line}`);
  if (worse.length === 0) console.log(`no slower than on ${committed.date}`);
  if (worse.length > 0) process.exitCode = 1;
} else if (results.rows.length > 0) {
  writeFileSync(FILES.results, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(FILES.plot, plot(results));
  writeFileSync(FILES.readme, withResults(readFileSync(FILES.readme, "utf8"), results));
}
