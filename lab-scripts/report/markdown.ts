/** A summary for a CI page: the result, what failed and why, and no more of what passed than its number. */
import { familyMark } from "../../infra/expect/endpoints.ts";
import { seconds } from "./amounts.ts";
import { expectedText, isVerdict, resultText, summaryLine, summaryOf } from "./report.ts";
import type { Report, ReportedCheck } from "./schema.ts";

/** GitHub takes 1 MiB a step; a person reads less. */
const MOST_ROWS = 50;

export function markdown(report: Report): string {
  const open = report.checks.filter(({ verdict }) => verdict !== "pass");
  const mark = isVerdict(report) && open.length === 0 ? "✅" : "❌";
  return [
    `## ${mark} podlab ${text(report.lab)}`,
    "",
    summaryLine(report),
    ...provisioning(report),
    ...troubles(report),
    ...findings(report),
    ...openChecks(open),
    ...byKind(report.checks),
    "",
  ].join("\n");
}

function provisioning({ provisioning }: Report): string[] {
  if (!provisioning) return [];
  const failed = provisioning.steps.filter(({ error }) => error !== undefined);
  const line = `Provisioning took ${seconds(provisioning.durationMs)}: ${provisioning.steps.length} steps`;
  return ["", `${line}${failed.length > 0 ? `, ${failed.length} failed` : ""}.`].concat(
    failed.map(({ name, error }) => `- **${text(name)}**: ${text(error ?? "")}`),
  );
}

function troubles({ troubles }: Report): string[] {
  return troubles.length === 0
    ? []
    : ["", "### Nodes that could not be asked", "", ...troubles.map(({ reason }) => `- ${text(reason)}`)];
}

function findings({ findings }: Report): string[] {
  if (findings.length === 0) return [];
  const told = findings.flatMap(({ cause, evidence, checks }) => [
    `- **${text(cause)}** (${checks.length} checks)`,
    ...evidence.map((line) => `  - ${text(line)}`),
  ]);
  return ["", "### Why", "", ...told];
}

function openChecks(open: readonly ReportedCheck[]): string[] {
  if (open.length === 0) return [];
  const rows = open
    .slice(0, MOST_ROWS)
    .map((check) => row([check.id, expectedText(check), resultText(check.observed), check.reason]));
  const more = open.length > MOST_ROWS ? ["", `… and ${open.length - MOST_ROWS} more, all in report.json.`] : [];
  return ["", "### Not as expected", "", ...table(["Check", "Expected", "Observed", "Why"]), ...rows, ...more];
}

function byKind(checks: readonly ReportedCheck[]): string[] {
  const named = ({ kind, address }: ReportedCheck) => `${kind}${familyMark(address)}`;
  const rows = [...Map.groupBy(checks, named)].map(([kind, own]) => {
    const { passed, failed, errors } = summaryOf(own);
    return row([kind, ...[passed, failed, errors].map(String)]);
  });
  return rows.length === 0 ? [] : ["", ...table(["Kind", "Passed", "Failed", "Errors"]), ...rows];
}

function table(heads: readonly string[]): string[] {
  return [row(heads), row(heads.map(() => "---"))];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(text).join(" | ")} |`;
}

/** Text that Markdown and HTML leave alone. */
function text(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/([\\`*_[\]|])/g, "\\$1")
    .replaceAll(/\s+/g, " ");
}
