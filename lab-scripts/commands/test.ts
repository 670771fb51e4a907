import { execa } from "execa";
import { ROOT } from "../lab/project.ts";
import { setUp } from "../setup/setup.ts";
import { Failure } from "./failure.ts";

/** Every check of the project, cheapest first; each part prints as it goes, and vitest's summary comes last. */
export async function test(files: readonly string[]): Promise<void> {
  const tools = await setUp({ for: "test" });
  const run = async (file: string, ...args: string[]) => {
    process.stderr.write(`\n> ${file} ${args.join(" ")}\n`);
    const options = { cwd: ROOT, env: tools.env, stdio: "inherit", reject: false, preferLocal: true } as const;
    const { exitCode } = await execa(file, args, options);
    if (exitCode !== 0) throw new Failure(exitCode ?? 1, `${file} failed`);
  };
  if (files.length === 0) {
    await run("tsc", "--noEmit");
    await run("biome", "check", ".");
    await run("sh", "-c", "shellcheck lab-scripts/*/*.sh lab-scripts/*/*/*.sh");
    // The stand-ins are tested where they are used; with Pulumi's own plugins nobody needs Go.
    if (tools.env.PULUMI_HOME?.includes("plugins-built")) await run("sh", "lab-scripts/pulumi/test.sh");
  }
  await run("vitest", "run", ...files);
}
