/** What GitHub Actions shows beside a run: workflow commands on stdout, and the step's summary. */
import { appendFileSync } from "node:fs";
import { markdown } from "./markdown.ts";
import { expectedText, resultText, summaryLine } from "./report.ts";
import type { Report } from "./schema.ts";

/** GitHub shows ten annotations of a kind per step; the last one we give says how many there are. */
const MOST = 9;

/** Workflow commands, one a line; none when all is well. */
export function annotations(report: Report): string[] {
  const open = report.checks.filter(({ verdict }) => verdict !== "pass");
  const nodes = report.troubles.map(({ node, reason }) => command(node, reason));
  const lines = open
    .slice(0, Math.max(0, MOST - nodes.length))
    .map((check) =>
      command(check.id, `${check.reason}\nexpected: ${expectedText(check)}\nobserved: ${resultText(check.observed)}`),
    );
  const rest = open.length > lines.length ? [command(`podlab ${report.lab}`, summaryLine(report))] : [];
  return [...nodes.slice(0, MOST), ...lines, ...rest];
}

/** Writes annotations and summary when run under GitHub Actions; else does nothing. */
export function annotate(report: Report, environment: NodeJS.ProcessEnv = process.env, write = print): void {
  if (environment.GITHUB_ACTIONS !== "true") return;
  for (const line of annotations(report)) write(line);
  if (environment.GITHUB_STEP_SUMMARY) appendFileSync(environment.GITHUB_STEP_SUMMARY, `${markdown(report)}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Escapes as the runner's toolkit does: data and properties differ. */
function command(title: string, message: string): string {
  const data = (value: string) => value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `::error title=${data(title).replaceAll(":", "%3A").replaceAll(",", "%2C")}::${data(message)}`;
}
