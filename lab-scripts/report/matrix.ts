/** The reachability matrix for a terminal: who reaches whom, all kinds of a pair in one character. */
import { createColors } from "picocolors";
import { axesOf, type Cell, cellOf, meaningOf, REACHED } from "./cell.ts";
import { expectedText, isVerdict, resultText, summaryLine } from "./report.ts";
import type { Report, ReportedCheck } from "./schema.ts";

export interface TerminalOptions {
  readonly colour?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
}

type Colours = ReturnType<typeof createColors>;

/** Colours suit a terminal, unless its user asked for none (no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return Boolean(stream.isTTY) && !environment.NO_COLOR && environment.TERM !== "dumb";
}

/** Matrix, findings, failed checks, summary: what a run prints. */
export function terminalReport(report: Report, options: TerminalOptions = {}): string {
  const colours = createColors(options.colour ?? false);
  return [
    ...matricesLines(report.checks, options.columns ?? 80, colours),
    ...factLine(report.checks),
    ...troubleLines(report, colours),
    ...findingLines(report, colours),
    ...failureLines(report, colours),
    resultLine(report, colours),
  ].join("\n");
}

/** One matrix, or one for each family where there are two. */
function matricesLines(checks: readonly ReportedCheck[], columns: number, colours: Colours): string[] {
  const families = Map.groupBy(checks, ({ family }) => family);
  if (!families.has(6)) return matrixLines(checks, columns, colours);
  return [...families].flatMap(([family, own]) => {
    const lines = matrixLines(own, columns, colours);
    return lines.length === 0 ? [] : [colours.bold(`IPv${family ?? 4}`), ...lines];
  });
}

interface Matrix extends ReturnType<typeof axesOf> {
  readonly cellAt: (from: string, to: string) => Cell;
  /** Characters of the longest source. */
  readonly wide: number;
}

function matrixLines(checks: readonly ReportedCheck[], columns: number, colours: Colours): string[] {
  const probed = checks.filter(({ kind }) => kind !== "fact");
  if (probed.length === 0) return [];
  const cells = new Map([...Map.groupBy(probed, endsOf)].map(([ends, own]) => [ends, cellOf(own)]));
  const cellAt = (from: string, to: string) => cells.get(endsOf({ from, to })) ?? cellOf([]);
  const { sources, targets } = axesOf(probed);
  const wide = Math.max(...sources.map((name) => name.length));
  const fits = wide + targets.reduce((sum, name) => sum + name.length + 2, 0) <= columns;
  const lines = (fits ? namedMatrix : numberedMatrix)({ sources, targets, cellAt, wide }, colours);
  const used = new Set([...cells.values()].map(({ symbol }) => symbol));
  return [...lines, ...legend(used, colours), ""];
}

const endsOf = ({ from, to }: Pick<ReportedCheck, "from" | "to">): string => `${from} ${to}`;

function paint({ symbol, verdict }: Cell, colours: Colours): string {
  if (verdict === "error") return colours.yellow(symbol);
  if (verdict === "fail") return colours.red(symbol);
  return symbol === REACHED ? colours.green(symbol) : colours.dim(symbol);
}

function namedMatrix({ sources, targets, cellAt, wide }: Matrix, colours: Colours): string[] {
  const heads = `${" ".repeat(wide)}  ${targets.join("  ")}`;
  const rows = sources.map((from) => {
    const cells = targets.map((to) => {
      const left = Math.floor((to.length - 1) / 2);
      return " ".repeat(left) + paint(cellAt(from, to), colours) + " ".repeat(to.length - 1 - left);
    });
    return `${from.padEnd(wide)}  ${cells.join("  ")}`.trimEnd();
  });
  return [heads, ...rows];
}

/** Columns by number, a number by its row; what is only a target is listed below. */
function numberedMatrix({ sources, targets, cellAt, wide }: Matrix, colours: Colours): string[] {
  const order = [...new Set([...targets, ...sources])];
  const number = (name: string) => order.indexOf(name) + 1;
  const digits = String(order.length).length;
  const margin = " ".repeat(digits + wide + 3);
  const heads = Array.from({ length: digits }, (_, place) =>
    (margin + targets.map((to) => String(number(to)).padStart(digits)[place]).join("")).trimEnd(),
  );
  const rows = sources.map((from) => {
    const cells = targets.map((to) => paint(cellAt(from, to), colours)).join("");
    return `${String(number(from)).padStart(digits)} ${from.padEnd(wide)}  ${cells}`.trimEnd();
  });
  const others = targets.filter((name) => !sources.includes(name)).map((name) => `${number(name)} ${name}`);
  return [...heads, ...rows, ...(others.length > 0 ? [`targets only: ${others.join(", ")}`] : [])];
}

function legend(used: ReadonlySet<string>, colours: Colours): string[] {
  const said = [...used].sort().map((symbol) => `${symbol} ${meaningOf(symbol)}`);
  return [colours.dim(said.join("; "))];
}

function factLine(checks: readonly ReportedCheck[]): string[] {
  const facts = checks.filter(({ kind }) => kind === "fact");
  if (facts.length === 0) return [];
  const passed = facts.filter(({ verdict }) => verdict === "pass").length;
  return [`facts about pods: ${passed} of ${facts.length} as expected`, ""];
}

function troubleLines({ troubles }: Report, colours: Colours): string[] {
  return troubles.length > 0 ? [...troubles.map(({ reason }) => colours.yellow(reason)), ""] : [];
}

/** The few causes first, each with what the kernels said. */
function findingLines({ findings, summary }: Report, colours: Colours): string[] {
  const told = findings.flatMap(({ cause, evidence, checks }) => [
    `${colours.red("FOUND")} ${colours.bold(cause)}`,
    `      behind ${checks.length} of ${summary.failed + summary.errors}: ${someOf(checks)}`,
    ...evidence.slice(0, MOST_EVIDENCE).map((line) => colours.dim(`      ${line}`)),
  ]);
  return told.length > 0 ? [...told, ""] : [];
}

/** Lines of evidence that a terminal gets; the files hold all. */
const MOST_EVIDENCE = 4;

function someOf(checks: readonly string[]): string {
  const rest = checks.length - 2;
  return `${checks.slice(0, 2).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Failed checks that no finding is behind, told one by one. */
const MOST_PUZZLING = 20;

/** Checks that a finding is behind, told in a line each: what they have in common was said above. */
const MOST_EXPLAINED = 5;

function failureLines({ checks, findings }: Report, colours: Colours): string[] {
  const explained = new Set(findings.flatMap((finding) => finding.checks));
  const open = checks.filter(({ verdict }) => verdict !== "pass");
  if (open.length === 0) return [];
  const head = ({ verdict, id }: ReportedCheck) =>
    `${verdict === "fail" ? colours.red("FAIL ") : colours.yellow("ERROR")} ${id}`;
  const puzzling = open.filter(({ id }) => !explained.has(id)).slice(0, MOST_PUZZLING);
  const others = open.filter(({ id }) => explained.has(id)).slice(0, MOST_EXPLAINED);
  const told = [
    ...puzzling.flatMap((check) => [
      head(check),
      ...(check.verdict === "fail"
        ? [`      expected ${expectedText(check)}`, `      observed ${resultText(check.observed)}`]
        : []),
      `      ${check.reason}`,
    ]),
    ...others.map((check) => `${head(check)}: ${check.reason}`),
  ];
  const rest = open.length - puzzling.length - others.length;
  const more = rest > 0 ? [`… and ${rest} more: report.json, or --json, has them all`] : [];
  return [...told, ...more, ""];
}

function resultLine(report: Report, colours: Colours): string {
  const line = summaryLine(report);
  if (!isVerdict(report)) return colours.yellow(line);
  return report.summary.failed > 0 ? colours.red(line) : colours.green(line);
}
