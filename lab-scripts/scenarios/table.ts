/** What a run of scenarios prints at its end. */
import type { Row } from "./run.ts";
import { gapText } from "./watch.ts";

const HEADS = ["scenario", "step", "checks", "verdict", "seconds", "measured"] as const;

/** Plain text in columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(cellsOf);
  const wide = HEADS.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]!.length)));
  const right = new Set([2, 4]);
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (right.has(column) ? cell.padStart(wide[column]!) : cell.padEnd(wide[column]!)))
      .join("  ")
      .trimEnd();
  return [HEADS, ...cells].map(line).join("\n");
}

function cellsOf({ scenario, step, checks, failures, errors, ms, gap }: Row): string[] {
  const verdict = errors > 0 ? "could not be probed" : failures.length > 0 ? "FAIL" : checks > 0 ? "as said" : "";
  return [scenario, step, checks > 0 ? String(checks) : "", verdict, (ms / 1000).toFixed(1), gap ? gapText(gap) : ""];
}
