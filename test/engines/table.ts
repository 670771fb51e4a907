/** What was run, piece by piece, as Markdown. Each piece is kept in a file, so that a table has those of other runs, too. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A lab on an engine, or an engine that this machine can't run. */
export interface Row {
  readonly engine: string;
  readonly lab: string;
  /** What the engine is. */
  readonly version: string;
  /** When it was run, such as `2026-11-29`. */
  readonly date: string;
  /** By step: yes, no, or – when it was not reached. */
  readonly cells: Readonly<Record<string, string>>;
  readonly notRun?: string;
}

/** Puts rows in place of older ones of the same piece. @returns all that the file has then */
export function keep(file: string, rows: readonly Row[]): Row[] {
  // An engine either can be run or can't.
  const before = kept(file).filter((old) => !rows.some((row) => row.engine === old.engine && !row.lab !== !old.lab));
  const pieces = new Map([...before, ...rows].map((row) => [`${row.engine} ${row.lab}`, row]));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify([...pieces.values()], null, 1)}\n`);
  return [...pieces.values()];
}

export function kept(file: string): Row[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Row[];
  } catch {
    return [];
  }
}

/** A row for each engine and lab, a column for each step. */
export function byStep(rows: readonly Row[], steps: readonly string[]): string {
  return markdown([
    ["engine", "lab", ...steps, "date"],
    ...rows.map(({ engine, lab, cells, date, notRun }) =>
      notRun === undefined
        ? [engine, lab, ...steps.map((step) => cells[step] ?? "–"), date]
        : [engine, `not run: ${notRun}`, ...steps.map(() => ""), date],
    ),
  ]);
}

/** A row for each engine, a column for each lab; a cell says how many steps ended as expected. */
export function byLab(rows: readonly Row[], labs: readonly string[]): string {
  const engines = [...Map.groupBy(rows, ({ engine }) => engine)];
  return markdown([
    ["engine", "version", ...labs],
    ...engines.map(([engine, tried]) => {
      const [{ version, notRun }] = tried as [Row];
      if (notRun !== undefined) return [engine, `not run: ${notRun}`, ...labs.map(() => "–")];
      return [engine, version, ...labs.map((lab) => score(tried.find((row) => row.lab === lab)))];
    }),
  ]);
}

function score(row: Row | undefined): string {
  if (!row) return "–";
  const cells = Object.values(row.cells);
  return `${cells.filter((cell) => cell === "yes").length} of ${cells.length}`;
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
