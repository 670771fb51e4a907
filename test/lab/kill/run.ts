/**
 * npm run test:kill [-- --ups 50 --destroys 20 --seed N]: SIGKILL at random moments, to the smallest lab there is.
 * Building is done by `npm start` and by plain `pulumi up` in turn, removing by `npm stop` and by `pulumi destroy`; what was
 * killed is then led back by either, and `npm stop` proves each time that nothing is left. Plain Pulumi can't take over what it
 * had no time to note down: where it fails, it has to name the command that does.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { stringify } from "yaml";
import { labObjects } from "../../../lab-scripts/lab/objects.ts";
import { ROOT, STACKS, stackFile } from "../../../lab-scripts/lab/project.ts";
import { oneHost } from "../oneHost.ts";
import { own } from "../ownership.ts";
import { dropState } from "../pulumiState.ts";
import { generator } from "../random.ts";
import { killTree } from "./killTree.ts";

const STACK = "test-kill";
const SPEC = oneHost({ segment: "10.254.1.0/24", internet: "203.0.113.224/27" });

type Way = "npm start" | "pulumi up" | "npm stop" | "pulumi destroy";
const FLAGS = ["--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", STACK];
const WAYS: Record<Way, readonly [string, readonly string[]]> = {
  "npm start": [process.execPath, [join(ROOT, "lab-scripts/podlab.mjs"), "start", STACK]],
  "npm stop": [process.execPath, [join(ROOT, "lab-scripts/podlab.mjs"), "stop", STACK]],
  "pulumi up": ["pulumi", ["up", "--parallel", "64", ...FLAGS]],
  "pulumi destroy": ["pulumi", ["destroy", ...FLAGS]],
};

const { values } = parseArgs({
  options: {
    ups: { type: "string", default: "50" },
    destroys: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const random = generator(Number(values.seed));
const failures: string[] = [];

function start(way: Way) {
  const [file, args] = WAYS[way];
  return execa(file, args, { cwd: ROOT, reject: false, all: true, stdin: "ignore", timeout: 300_000 });
}

/** Runs it to its end. @returns milliseconds; what went wrong is noted under `title` */
async function run(way: Way, title: string): Promise<number> {
  const began = performance.now();
  if (way === "pulumi up") await ready();
  const { exitCode, all } = await start(way);
  if (way === "pulumi up" && exitCode !== 0 && all.includes(`npm start -- ${STACK} removes what is left over`)) {
    await run("npm start", title);
  } else if (exitCode !== 0) failures.push(`${title}: ${way} ended with ${exitCode}:\n${all}`);
  return performance.now() - began;
}

/** Plain Pulumi's own ways: a stack, and the lock of a run that was killed, which its message says to cancel. */
async function ready(): Promise<void> {
  const ask = (...args: string[]) => execa("pulumi", [...args, "--non-interactive"], { cwd: ROOT, reject: false });
  await ask("stack", "init", STACK);
  await ask("cancel", "--yes", "--stack", STACK);
}

/** How long each takes undisturbed, in milliseconds: as it was last seen. */
const usual = new Map<Way, number>();
let killed = 0;

/** Starts it and kills it somewhere on its way. @returns when, or that it was quicker, and then it is known how quick it is */
async function kill(way: Way): Promise<string> {
  const after = 200 + random() * Math.max(500, usual.get(way)! - 200);
  if (way === "pulumi up") await ready();
  const began = performance.now();
  const running = start(way);
  let early = true;
  const timer = setTimeout(() => {
    early = false;
    killTree(running.pid!);
  }, after);
  await running;
  clearTimeout(timer);
  if (early) usual.set(way, performance.now() - began);
  else killed++;
  return `${(after / 1000).toFixed(1)} s${early ? " (had ended)" : ""}`;
}

async function nothingLeft(title: string): Promise<void> {
  const { containers, networks } = await labObjects(STACK);
  const names = [...containers, ...networks].map(({ name }) => name);
  if (names.length > 0) failures.push(`${title}: left ${names.join(", ")}`);
}

function tell(title: string, ...columns: string[]): void {
  const failed = failures.filter((one) => one.startsWith(`${title}:`));
  process.stdout.write(`${title.padEnd(32)}${columns.join("  ")}  ${failed.length === 0 ? "ok" : "FAILED"}\n`);
  for (const failure of failed) process.stdout.write(`${failure}\n`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(5)} s`;

const { release } = await own(STACK);
mkdirSync(STACKS, { recursive: true });
writeFileSync(stackFile(STACK), stringify({ config: { "podlab:lab": SPEC } }));
try {
  process.stdout.write(`seed ${values.seed}\n`);
  await run("npm stop", "before");
  const up = await run("npm start", "undisturbed");
  const down = await run("npm stop", "undisturbed");
  for (const way of ["npm start", "pulumi up"] as const) usual.set(way, up);
  usual.set("npm stop", down).set("pulumi destroy", 2 * down + 3000);
  tell("undisturbed", `up ${seconds(up)}`, `down ${seconds(down)}`);
  for (let n = 1; n <= Number(values.ups); n++) {
    const way = n % 2 === 1 ? "npm start" : "pulumi up";
    const back = n % 4 < 2 ? "npm start" : "pulumi up";
    const title = `${n} ${way}, back by ${back}`;
    const when = await kill(way);
    const up = await run(back, title);
    const down = await run("npm stop", title);
    await nothingLeft(title);
    tell(title, `killed after ${when}`, `back ${seconds(up)}`, `stop ${seconds(down)}`);
  }
  if (Number(values.destroys) > 0) await run("npm start", "before the destroys");
  for (let n = 1; n <= Number(values.destroys); n++) {
    const way = n % 2 === 1 ? "npm stop" : "pulumi destroy";
    const title = `${n} ${way}`;
    const when = await kill(way);
    let down = 0;
    if (n % 4 < 2) {
      down = await run("npm stop", title);
      await nothingLeft(title);
    }
    const up = await run("npm start", title);
    tell(title, `killed after ${when}`, down > 0 ? `stop ${seconds(down)}` : "              ", `back ${seconds(up)}`);
  }
} finally {
  await run("npm stop", "after");
  await nothingLeft("after");
  rmSync(stackFile(STACK), { force: true });
  dropState(STACK);
  release();
}
process.stdout.write(`${killed} killed on their way, the others had ended before\n`);
process.stdout.write(failures.length === 0 ? "all well\n" : `${failures.length} failures, seed ${values.seed}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
