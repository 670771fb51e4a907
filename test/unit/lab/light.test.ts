/**
 * A command that a user waits for loads nothing that it does not need: Pulumi's SDK alone would take half a second, and Node's
 * fetch, which comes with an import of node:http, takes 60 ms of processor time.
 */
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const SCRIPTS = join(import.meta.dirname, "../../../lab-scripts");

const WAITED_FOR = [
  "commands/start",
  "lab/buildLab",
  "commands/check",
  "lab/verifyLab",
  "lab/down",
  "commands/walk",
  "commands/fault",
];

test.each(WAITED_FOR)("%s does without Pulumi's SDK and without fetch", async (command) => {
  expect(await loadedBy(command, /node_modules.(@pulumi|typescript)|undici/)).toBe("");
});

/** What of it is loaded with a module, a line each. */
async function loadedBy(module: string, what: RegExp): Promise<string> {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import(${JSON.stringify(join(SCRIPTS, `${module}.ts`))});
    console.log([...loaded, ...process.moduleLoadList].filter((one) => ${what}.test(one)).join("\\n"));`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program]);
  return stdout;
}
