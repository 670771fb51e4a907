/** A command that a user waits for loads nothing that it does not need: Pulumi's SDK alone would take half a second. */
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const COMMANDS = join(import.meta.dirname, "../../../lab-scripts/commands");

test.each(["start", "check", "stop", "walk", "fault"])("%s does without Pulumi's SDK", async (command) => {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import(${JSON.stringify(join(COMMANDS, `${command}.ts`))});
    console.log(loaded.filter((url) => /node_modules.(@pulumi|typescript)/.test(url)).join("\\n"));`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program]);
  expect(stdout).toBe("");
});
