/**
 * npm run test:engines [-- --engine NAME]... [--lab NAME]...: the same labs on each Docker engine, each on a machine of its own.
 * Prints a line a step and, at the end, the table of all that was run so far, in this run and in others. Exit 1 unless all that was
 * run is as it should be.
 *   --list   shows the engines and the labs
 *   --build  only builds the engines, into podlab's cache
 *   --table  only prints the table
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { baseImage, Missing } from "./build.ts";
import { ENGINES, type EngineKind, trials } from "./engines.ts";
import { Machine, type MachineOptions, removeLeftovers } from "./machine.ts";
import { LABS, nothingLeft, STEPS, type Step, traces } from "./steps.ts";
import { byLab, byStep, keep, kept, type Row } from "./table.ts";

const LOGS = join(import.meta.dirname, "../../report/engines");
const RESULTS = join(LOGS, "results.json");
const TODAY = new Date().toISOString().slice(0, 10);

const { values } = parseArgs({
  options: {
    engine: { type: "string", multiple: true },
    lab: { type: "string", multiple: true, default: [...LABS] },
    list: { type: "boolean", default: false },
    build: { type: "boolean", default: false },
    table: { type: "boolean", default: false },
  },
});
if (values.list) {
  for (const { name, about } of ENGINES) process.stdout.write(`${name.padEnd(28)}${about}\n`);
  process.stdout.write(`labs: ${LABS.join(", ")}\n`);
  process.exit(0);
}
if (values.table) {
  printTable(kept(RESULTS));
  process.exit(0);
}
const unknown = [
  ...(values.engine ?? []).filter((name) => !ENGINES.some((engine) => engine.name === name)),
  ...values.lab.filter((name) => !LABS.some((lab) => lab === name)),
];
if (unknown.length > 0) {
  process.stderr.write(`there is no engine or lab ${unknown.join(", ")}; --list shows them\n`);
  process.exit(3);
}

let machine: Machine | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // Not `once`: execa ends the process where nobody else listens.
  process.on(signal, async () => {
    await machine?.remove();
    process.exit(130);
  });
}

await removeLeftovers();
const engines = ENGINES.filter(({ name }) => values.engine?.includes(name) ?? true);
if (values.build) {
  for (const engine of engines) if (await prepared(engine)) process.stdout.write(`${engine.name}: built\n`);
  process.exit();
}
const rows: Row[] = [];
for (const engine of engines) {
  rows.push(...(await tryEngine(engine)));
}
printTable(kept(RESULTS));
process.exitCode = rows.some(({ cells }) => Object.values(cells).includes("no")) ? 1 : 0;

function printTable(all: readonly Row[]): void {
  // As they are listed, whenever they were run.
  const tried = ENGINES.flatMap(({ name }) =>
    ["", ...LABS].flatMap((lab) => all.filter((row) => row.engine === name && row.lab === lab)),
  );
  process.stdout.write(`\n${byStep(tried, [...Object.keys(STEPS), "no leak"])}\n${byLab(tried, LABS)}`);
}

interface Prepared {
  readonly options: MachineOptions;
  /** A folder of programs. */
  readonly inHosts: string | undefined;
}

/** Builds what is missing. Says why where this machine can't run it, and returns that. */
async function prepared({ name, prepare, inHosts }: EngineKind): Promise<Prepared | undefined> {
  try {
    if (process.platform !== "linux" || process.getuid?.() !== 0) throw new Missing("it takes root on Linux");
    return { options: await prepare(), inHosts: await inHosts?.() };
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    process.stdout.write(`${name}: not run: ${error.message}\n`);
    keep(RESULTS, [{ engine: name, lab: "", version: "", date: TODAY, cells: {}, notRun: error.message }]);
    return undefined;
  }
}

async function tryEngine(engine: EngineKind): Promise<Row[]> {
  const { name } = engine;
  const ready = await prepared(engine);
  if (!ready) return [];
  machine = new Machine(ready.options);
  try {
    const tried: Row[] = [];
    let version = "";
    const booted = await tryStep(`${name} boot`, async () => {
      await boot(machine!, ready.inHosts);
      return describe(machine!).then((told) => {
        version = told.version;
        return told.all;
      });
    });
    const { labs, steps } = trials(engine);
    for (const lab of labs.filter((one) => values.lab.includes(one))) {
      const cells = booted === "yes" ? await tryLab(machine, name, lab, steps) : { start: "no" };
      tried.push({ engine: name, lab, version, date: TODAY, cells });
      keep(RESULTS, tried);
    }
    return tried;
  } finally {
    await machine.remove();
    machine = undefined;
  }
}

/** Boots it with the image that nodes are built from. */
async function boot(machine: Machine, inHosts: string | undefined): Promise<void> {
  await machine.boot();
  const { image, name } = await baseImage();
  await machine.bring(image, name);
  if (inHosts) await replaceInHosts(machine, name, inHosts);
}

/** Where Debian's packages have them, in the image that nodes are built from. */
async function replaceInHosts(machine: Machine, image: string, programs: string): Promise<void> {
  const lines = [
    `FROM ${image}`,
    "COPY dockerd docker-proxy runc /usr/sbin/",
    "COPY containerd containerd-shim-runc-v2 /usr/bin/",
    "RUN dockerd --version",
  ];
  const build = `printf '%s\\n' "$@" | docker build --quiet --tag ${image} --file - ${programs}`;
  const { exitCode, all } = await machine.inside("sh", "-c", build, "sh", ...lines);
  if (exitCode !== 0) throw new Error(`the hosts' engine can't be replaced: ${all}`);
}

/** After a step that failed only those are run that remove the lab. */
async function tryLab(
  machine: Machine,
  engine: string,
  lab: string,
  steps: Readonly<Record<string, Step>>,
): Promise<Record<string, string>> {
  const cells: Record<string, string> = {};
  const before = await traces(machine);
  const leak = ["no leak", () => nothingLeft(machine, before)] as const;
  for (const [step, run] of [...Object.entries(steps), leak]) {
    const skipped = Object.values(cells).includes("no") && step !== "stop" && step !== "no leak";
    cells[step] = skipped ? "–" : await tryStep(`${engine} ${lab} ${step}`, () => run(machine, lab));
  }
  return cells;
}

async function tryStep(title: string, run: () => Promise<string>): Promise<"yes" | "no"> {
  const began = performance.now();
  const took = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    const told = await run();
    process.stdout.write(`${title}: yes, ${took()}${told ? `, ${told}` : ""}\n`);
    return "yes";
  } catch (error) {
    const { message } = error as Error;
    mkdirSync(LOGS, { recursive: true });
    const log = join(LOGS, `${title.replaceAll(" ", "-")}.log`);
    writeFileSync(log, `${message}\n`);
    process.stdout.write(`${title}: NO, ${took()}; all of it is in ${log}:\n`);
    process.stdout.write(`${message.trimEnd().split("\n").slice(-15).join("\n").replaceAll(/^/gm, "    ")}\n`);
    return "no";
  }
}

/** What its engine is, and the machine. */
async function describe(machine: Machine): Promise<{ version: string; all: string }> {
  const format = "{{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}";
  const { stdout: version } = await machine.run("docker", "info", "--format", format);
  const { stdout: os } = await machine.run(
    ...["docker", "info", "--format", "{{.OperatingSystem}}, {{.KernelVersion}}, {{.Architecture}}"],
  );
  const bridged = await machine.inside("sysctl", "-n", "net.bridge.bridge-nf-call-iptables");
  const calls = bridged.exitCode === 0 ? bridged.stdout : "missing";
  return { version, all: `Docker ${version}, ${os}, bridge-nf-call-iptables ${calls}` };
}
