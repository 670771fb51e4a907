/** What was run, as Markdown. */

export interface Row {
  readonly engine: string;
  readonly lab: string;
  /** By step: yes, no, or – when it was not reached. */
  readonly cells: Readonly<Record<string, string>>;
  readonly notRun?: string;
}

/** The date, and a row for each engine and lab. */
export function table(rows: readonly Row[], steps: readonly string[], date: Date): string {
  const lines = [
    ["engine", "lab", ...steps],
    ["---", "---", ...steps.map(() => "---")],
    ...rows.map(({ engine, lab, cells, notRun }) =>
      notRun === undefined ? [engine, lab, ...steps.map((step) => cells[step] ?? "–")] : [engine, `not run: ${notRun}`],
    ),
  ];
  const told = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `${date.toISOString().slice(0, 10)}\n\n${told}\n`;
}
