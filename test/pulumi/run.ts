/**
 * npm run test:pulumi [-- --pulumi PATH]: a lab by a Pulumi of the user's choice, without podlab's commands and with them. For whoever
 * has Pulumi's official CLI, Node language host and plugins; the default is the `pulumi` on the PATH, then the one that podlab set up.
 */
import { realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { stringify } from "yaml";
import { ROOT, stackFile } from "../../lab-scripts/lab/project.ts";
import { cacheDirectory } from "../../lab-scripts/setup/cache.ts";
import { setUp } from "../../lab-scripts/setup/setup.ts";

const NAME = "test-pulumi";
const pods = [{ name: "web", containers: [{ name: "app", ports: [{ containerPort: 8080 }] }] }];
const SPEC = {
  internet: { subnet: "203.0.113.96/27" },
  hosts: [
    { name: "host01", segment: "10.239.1.0/24", podSubnet: "192.168.20.0/24", pods },
    { name: "host02", segment: "10.239.2.0/24", podSubnet: "192.168.30.0/24", pods },
  ],
};
/** Longest time for one step, in milliseconds. */
const LIMIT = 300_000;
const QUIET = ["--stack", NAME, "--non-interactive", "--color", "never"];

const { values } = parseArgs({ options: { pulumi: { type: "string" } } });
const env = await environment(values.pulumi);
const pulumi = (...args: string[]) => run("pulumi", ...args, ...QUIET);
const podlab = (...args: string[]) => run(process.execPath, join(ROOT, "lab-scripts/podlab.mjs"), ...args, NAME);
let failed = 0;

/** The environment of a shell that has this Pulumi first on its PATH: no more than the README asks for. */
async function environment(given: string | undefined): Promise<NodeJS.ProcessEnv> {
  const own = { ...process.env };
  // Of the toolchain by which this script was started.
  for (const name of ["NODE_OPTIONS", "GOGC"]) delete own[name];
  for (const name of Object.keys(own)) if (name.startsWith("PULUMI_") && name !== "PULUMI_HOME") delete own[name];
  if (own.PULUMI_HOME?.startsWith(cacheDirectory(process.env))) delete own.PULUMI_HOME;
  const wanted = given && resolve(given);
  if (wanted && basename(wanted) !== "pulumi") throw new Error(`${given} is not a file called pulumi`);
  if (wanted) own.PATH = `${dirname(wanted)}${delimiter}${own.PATH}`;
  const tools = await setUp({ env: own });
  if (wanted && realpathSync(tools.pulumi) !== realpathSync(wanted)) {
    throw new Error(`podlab does not use ${given}: it is too old, or has no pulumi-language-nodejs beside it`);
  }
  const { PATH = "", PULUMI_HOME = own.PULUMI_HOME } = tools.env;
  process.stdout.write(`pulumi: ${tools.pulumi}, plugins: ${PULUMI_HOME ?? "~/.pulumi"}\n`);
  return { ...own, PATH, ...(PULUMI_HOME ? { PULUMI_HOME } : {}), PULUMI_CONFIG_PASSPHRASE: "" };
}

async function run(command: string, ...args: string[]) {
  const options = {
    cwd: ROOT,
    env,
    extendEnv: false,
    reject: false,
    all: true,
    stdin: "ignore",
    timeout: LIMIT,
  } as const;
  const { exitCode, all } = await execa(command, args, options);
  return { exitCode: exitCode ?? -1, all };
}

/** Tells of a step in a line, and of one that does not end as it should all that it said. */
async function step(
  name: string,
  running: () => ReturnType<typeof run>,
  fits: (ran: Awaited<ReturnType<typeof run>>) => boolean,
) {
  const started = performance.now();
  const ran = await running();
  const well = fits(ran);
  if (!well) failed += 1;
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${name.padEnd(58)}${(well ? "yes" : "NO").padEnd(5)}${seconds} s\n`);
  if (!well) process.stdout.write(`  exit code ${ran.exitCode}: ${ran.all.trim().replaceAll("\n", "\n  ")}\n`);
}

/** Containers, networks and volumes of the lab. */
async function left(): ReturnType<typeof run> {
  const label = ["--quiet", "--filter", `label=dev.podlab.lab=${NAME}`];
  const listed = [
    ["ps", "--all"],
    ["network", "ls"],
    ["volume", "ls"],
  ].map((list) => run("docker", ...list, ...label));
  const all = (await Promise.all(listed))
    .map(({ all }) => all)
    .join("\n")
    .trim();
  return { exitCode: all === "" ? 0 : 1, all };
}

const succeeds = ({ exitCode }: { exitCode: number }) => exitCode === 0;
const clean = () => pulumi("preview", "--refresh", "--expect-no-changes");

writeFileSync(stackFile(NAME), stringify({ config: { "podlab:lab": SPEC } }));
try {
  await step("pulumi stack init", () => run("pulumi", "stack", "init", NAME, "--non-interactive"), succeeds);
  await step("pulumi up", () => pulumi("up", "--yes", "--skip-preview"), succeeds);
  await step("npm run check", () => podlab("check"), succeeds);
  await step("pulumi preview --refresh --expect-no-changes", clean, succeeds);
  await run("docker", "exec", `${NAME}.router`, "ip", "route", "del", "192.168.30.0/24");
  await step(
    "  the same with a route deleted: changes expected",
    clean,
    ({ exitCode, all }) => exitCode !== 0 && /changes/.test(all),
  );
  await step("pulumi up repairs it", () => pulumi("up", "--yes", "--skip-preview"), succeeds);
  await step("npm run check", () => podlab("check"), succeeds);
  await step("npm start", () => podlab("start"), succeeds);
  await step("pulumi destroy", () => pulumi("destroy", "--yes", "--skip-preview"), succeeds);
  await step("  nothing is left", left, succeeds);
  await step("npm start", () => podlab("start"), succeeds);
  await step(
    "npm start again: nothing to do",
    () => podlab("start"),
    ({ exitCode, all }) => exitCode === 0 && all.includes("nothing to do"),
  );
  await step("pulumi preview --refresh --expect-no-changes", clean, succeeds);
} finally {
  await step("npm stop", () => podlab("stop"), succeeds);
  await step("  nothing is left", left, succeeds);
  await run("pulumi", "stack", "rm", NAME, "--yes", "--force", "--non-interactive");
  rmSync(stackFile(NAME), { force: true });
}
process.stdout.write(failed === 0 ? "all as it should be\n" : `${failed} steps failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
