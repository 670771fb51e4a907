import { exitCodeOfRows, type Row, runScenario, table } from "../scenarios/run.ts";
import { SCENARIOS, scenariosNamed } from "../scenarios/scenarios.ts";
import { endedBySignals } from "../setup/interruption.ts";

/** Runs one scenario or all of them, each on a lab of its own; ends with a table of every step. */
export async function scenario(name: string | undefined, { list }: { readonly list?: boolean }): Promise<void> {
  if (list || name === undefined) {
    process.stdout.write(listed());
    return;
  }
  const chosen = scenariosNamed(name);
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const rows: Row[] = [];
  await endedBySignals(async (signal) => {
    for (const one of chosen) {
      const own = await runScenario(one, tell, signal);
      rows.push(...own);
      // All of them take minutes: what was seen so far is not lost with whoever loses patience.
      tell(chosen.length > 1 ? `\n${table(own)}\n` : "");
    }
  });
  tell(table(rows));
  process.exitCode = exitCodeOfRows(rows);
}

function listed(): string {
  const wide = Math.max(...SCENARIOS.map(({ name }) => name.length));
  const rows = SCENARIOS.map(({ name, shows, steps }) => {
    const named = steps.map((step) => step.name).join(", ");
    return `${name.padEnd(wide)}  ${shows}\n${" ".repeat(wide)}  steps: ${named}\n`;
  });
  return rows.join("");
}
