/**
 * npm run test:engines [-- --engine NAME]... [--lab NAME]... [--list]: the same labs on each Docker engine, each on a machine
 * of its own. Prints a line a step and, at the end, a table for docs/engines.md. Exit 1 unless all that was run is as it should be.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { baseImage, Missing } from "./build.ts";
import { ENGINES, type EngineKind } from "./engines.ts";
import { Machine, removeLeftovers } from "./machine.ts";
import { LABS, nothingLeft, STEPS, traces } from "./steps.ts";
import { type Row, table } from "./table.ts";

const LOGS = join(import.meta.dirname, "../../report/engines");

const { values } = parseArgs({
  options: {
    engine: { type: "string", multiple: true },
    lab: { type: "string", multiple: true, default: [...LABS] },
    list: { type: "boolean", default: false },
  },
});
if (values.list) {
  for (const { name, about } of ENGINES) process.stdout.write(`${name.padEnd(20)}${about}\n`);
  process.stdout.write(`labs: ${LABS.join(", ")}\n`);
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
const rows: Row[] = [];
for (const engine of ENGINES) {
  if (values.engine?.includes(engine.name) ?? true) rows.push(...(await tryEngine(engine)));
}
process.stdout.write(`\n${table(rows, [...Object.keys(STEPS), "no leak"], new Date())}`);
process.exitCode = rows.some(({ cells }) => Object.values(cells).includes("no")) ? 1 : 0;

async function tryEngine({ name, prepare, inHosts }: EngineKind): Promise<Row[]> {
  try {
    if (process.platform !== "linux" || process.getuid?.() !== 0) throw new Missing("it takes root on Linux");
    machine = new Machine(await prepare());
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    process.stdout.write(`${name}: not run: ${error.message}\n`);
    return [{ engine: name, lab: "", cells: {}, notRun: error.message }];
  }
  try {
    const tried: Row[] = [];
    const booted = await tryStep(`${name} boot`, () => boot(machine!, inHosts));
    for (const lab of values.lab) {
      const cells = booted === "yes" ? await tryLab(machine, name, lab) : { start: "no" };
      tried.push({ engine: name, lab, cells });
    }
    return tried;
  } finally {
    await machine.remove();
    machine = undefined;
  }
}

/** Boots it with the image that nodes are built from. @returns what its engine is */
async function boot(machine: Machine, inHosts: EngineKind["inHosts"]): Promise<string> {
  await machine.boot();
  const { image, name } = await baseImage();
  await machine.bring(image, name);
  if (inHosts) await replaceInHosts(machine, name, await inHosts());
  return describe(machine);
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
async function tryLab(machine: Machine, engine: string, lab: string): Promise<Record<string, string>> {
  const cells: Record<string, string> = {};
  const before = await traces(machine);
  const leak = ["no leak", () => nothingLeft(machine, before)] as const;
  for (const [step, run] of [...Object.entries(STEPS), leak]) {
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

async function describe(machine: Machine): Promise<string> {
  const format =
    "{{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}, {{.OperatingSystem}}, {{.KernelVersion}}, {{.Architecture}}";
  const { stdout } = await machine.run("docker", "info", "--format", format);
  const bridged = await machine.inside("sysctl", "-n", "net.bridge.bridge-nf-call-iptables");
  return `Docker ${stdout}, bridge-nf-call-iptables ${bridged.exitCode === 0 ? bridged.stdout : "missing"}`;
}
