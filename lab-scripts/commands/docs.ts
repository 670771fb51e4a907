import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recorded } from "../docs/record.ts";
import { ROOT } from "../lab/project.ts";
import { endedBySignals } from "../setup/interruption.ts";
import { setUp } from "../setup/setup.ts";

const PAGE = join(ROOT, "docs/tour.md");

/** Runs every command of the tour on real labs, or those of one stack, and writes what they said into the page. */
export async function docs(stack: string | undefined): Promise<void> {
  const tools = await setUp();
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  await endedBySignals(async (signal) => {
    const page = readFileSync(PAGE, "utf8");
    writeFileSync(PAGE, await recorded(page, { stack, env: tools.env, signal, tell }));
  });
}
