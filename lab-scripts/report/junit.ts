/**
 * JUnit's XML as GitHub, GitLab and Jenkins read it: one case a check, grouped by source; provisioning, and nodes that could not be
 * asked, in suites of their own.
 */
import { escaped } from "../xml.ts";
import { expectedText, oncePerChecks, resultText, summaryOf } from "./report.ts";
import type { Report, ReportedCheck } from "./schema.ts";

export function junitXml(report: Report): string {
  const suites = [...provisioningSuite(report), ...nodeSuite(report), ...checkSuites(report)];
  const root = element("testsuites", { name: `podlab ${report.lab}`, time: time(report.durationMs) }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

function provisioningSuite({ provisioning, lab, startedAt }: Report): string[] {
  if (!provisioning) return [];
  const cases = provisioning.steps.map(({ name, durationMs, error }) => {
    const failure = error === undefined ? [] : [element("error", { message: error }, [])];
    return element("testcase", { classname: `${lab}.provisioning`, name, time: time(durationMs) }, failure);
  });
  const errors = provisioning.steps.filter(({ error }) => error !== undefined).length;
  return [
    suite("provisioning", cases, { failures: 0, errors, timestamp: startedAt, time: time(provisioning.durationMs) }),
  ];
}

function nodeSuite({ troubles, lab, startedAt }: Report): string[] {
  if (troubles.length === 0) return [];
  const cases = troubles.map(({ node, kind, reason }) =>
    element("testcase", { classname: `${lab}.nodes`, name: node }, [
      element("error", { message: reason, type: kind }, []),
    ]),
  );
  return [suite("nodes", cases, { failures: 0, errors: cases.length, timestamp: startedAt })];
}

const checkSuites = oncePerChecks(({ checks, findings, lab, startedAt }): readonly string[] => {
  const causes = new Map(findings.flatMap(({ cause, checks }) => checks.map((id) => [id, cause])));
  return [...Map.groupBy(checks, ({ from }) => from)].map(([from, own]) => {
    const { failed, errors } = summaryOf(own);
    const classname = escaped(`${lab}.${from}`);
    const cases = own.map((check) => testcase(classname, check, causes.get(check.id)));
    return suite(from, cases, { failures: failed, errors, timestamp: startedAt });
  });
});

/** Written without `element`: there are thousands, and nearly all of them pass. @param classname escaped */
function testcase(classname: string, check: ReportedCheck, cause: string | undefined): string {
  const head = `<testcase classname="${classname}" name="${escaped(check.id)}" time="${time(check.observed.rttMs ?? 0)}"`;
  if (check.verdict === "pass") return `${head}/>`;
  const why = cause === undefined ? [] : [`found: ${cause}`];
  const body = [...why, `expected: ${expectedText(check)}`, `observed: ${resultText(check.observed)}`];
  if (check.observed.detail) body.push(`detail: ${check.observed.detail}`);
  const name = check.verdict === "fail" ? "failure" : "error";
  const failure = element(name, { message: check.reason, type: check.observed.outcome }, [escaped(body.join("\n"))]);
  return `${head}>\n${failure}\n</testcase>`;
}

function suite(name: string, cases: readonly string[], attributes: Readonly<Record<string, string | number>>): string {
  return element("testsuite", { name, tests: cases.length, ...attributes }, cases);
}

/** Seconds, as JUnit has them. */
function time(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const head = `<${name}${written.join("")}`;
  return content.length === 0 ? `${head}/>` : `${head}>\n${content.join("\n")}\n</${name}>`;
}
