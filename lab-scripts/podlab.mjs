#!/usr/bin/env node
// podlab.mjs COMMAND [ARGS…]: the way into podlab. Plain JavaScript without a dependency, because it runs before
// anything is installed and on a Node that may be too old for the rest (20 is enough here).
//
// 1. Node: the running one if it can run TypeScript as it is, else a Node from npm kept in `.podlab/node`.
// 2. npm dependencies, as package-lock.json says. The npm package has no lock file: npm has installed them beside it.
// 3. `lab-scripts/cli.ts` (`cli.js` in the npm package) with that Node: in this process, where that is the running one.
// With all in place this adds a few milliseconds; what is only needed to install something is loaded only then.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dependenciesAreCurrent } from "./setup/bootstrap/dependencies.mjs";
import { findNode } from "./setup/bootstrap/node.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const isClone = existsSync(join(root, "package-lock.json"));
/** Whose `.podlab` holds what is kept: the clone's, or the folder's where the npm package is run (infra/home.ts). */
const home = process.env.PODLAB_HOME || (isClone ? root : process.cwd());
const cli = join(root, "lab-scripts", isClone ? "cli.ts" : "cli.js");
const args = process.argv.slice(2);

const HELP = `podlab: a lab of Kubernetes pod networking, built by hand and as code

  ${isClone ? "npm" : "npx podlab"} start               set-up that is missing, then the lab (stack "routed"), verified
  ${isClone ? "npm run" : "npx podlab"} check           probe the running lab again
  ${isClone ? "npm" : "npx podlab"} stop                tear the lab down and prove that nothing is left

This is the short help: a Node that runs podlab, or an npm dependency, is not installed yet.
\`${isClone ? "npm run" : "npx podlab"} setup\` installs all that podlab needs; --help then lists every command.
`;

const exitCode = await main().catch((error) => {
  // A failed installation is the user's to mend: the message says how. A stack trace would bury it.
  process.stderr.write(`podlab: ${error instanceof Error ? error.message : error}\n`);
  return error?.exitCode ?? 1;
});
if (exitCode === undefined) await import(pathToFileURL(cli).href);
else process.exitCode = exitCode;

/** @returns the exit code; undefined where the command is to be run here */
async function main() {
  const asksForHelp = args.length === 0 || args[0] === "--help" || args[0] === "-h" || args[0] === "help";
  let node = findNode(home);
  const lacksDependencies = isClone && !dependenciesAreCurrent(root);
  if (asksForHelp && (!node || lacksDependencies)) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!node) {
    const { installNode } = await import("./setup/bootstrap/installNode.mjs");
    node = await installNode(home);
  }
  const env = environment(node);
  if (lacksDependencies) {
    const { installDependencies } = await import("./setup/bootstrap/installDependencies.mjs");
    await installDependencies(root, env);
  }
  return runsHere(node, env) ? undefined : run(node, [cli, ...args], env);
}

/** This process becomes the command's, if it can do all that another one would: a second Node takes 50 ms to start. */
function runsHere(node, env) {
  // Of a proxy Node hears when it starts.
  if (node !== process.execPath || env.NODE_USE_ENV_PROXY !== process.env.NODE_USE_ENV_PROXY) return false;
  Object.assign(process.env, env);
  process.argv[1] = cli;
  module.enableCompileCache(env.NODE_COMPILE_CACHE);
  return true;
}

/** The child's environment: this Node before any other on PATH, for npm, vitest and Pulumi's language host too. */
function environment(node) {
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].filter(Boolean).join(delimiter) };
  // Compiled code is kept between runs: the program starts 0.6 s sooner.
  env.NODE_COMPILE_CACHE ||= join(home, ".podlab", "compile-cache");
  if (!isClone) env.PODLAB_HOME = home;
  // Node's own fetch takes no notice of a proxy unless told to.
  if (env.HTTPS_PROXY || env.https_proxy) env.NODE_USE_ENV_PROXY ||= "1";
  return env;
}

/**
 * Runs the command and ends as it ends. A Node that can replace itself does (no parent, no signal to pass on);
 * an older one stays as a parent that dies of nothing: it passes every signal on and lets the child decide.
 * A Ctrl-C then reaches the child twice (from the terminal and from here), as it does under npm anyway.
 */
async function run(node, argv, env) {
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(node, [node, ...argv], env);
  }
  const child = spawn(node, argv, { env, stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  const pass = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  const [code, signal] = await once(child, "exit");
  for (const each of signals) process.off(each, pass);
  return signal ? 128 + constants.signals[signal] : code;
}
