/** Puts a report's files in place, each whole or not at all. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { junitXml } from "./junit.ts";
import { markdown } from "./markdown.ts";
import { oncePerChecks } from "./report.ts";
import type { Report } from "./schema.ts";
import { writeWhole } from "./wholeFile.ts";

export interface ReportFiles {
  readonly folder: string;
  readonly json: string;
  readonly junit: string;
  readonly markdown: string;
  /** Written apart (lab-scripts/page), because it needs the plan, too. */
  readonly page: string;
}

/**
 * Writes report.json, junit.xml and report.md into `<root>/<lab>/`, which is made if need be.
 * @returns the paths
 */
export async function writeReport(report: Report, root: string): Promise<ReportFiles> {
  const files = reportFiles(report.lab, root);
  await mkdir(files.folder, { recursive: true });
  // One after the other: of a large lab each is made for so long that others would wait to be answered.
  await writeWhole(files.json, reportJson(report));
  await writeWhole(files.junit, junitXml(report));
  await writeWhole(files.markdown, `${markdown(report)}\n`);
  return files;
}

/** Where a lab's report is, or will be. */
export function reportFiles(lab: string, root: string): ReportFiles {
  const folder = join(root, lab);
  return {
    folder,
    json: join(folder, "report.json"),
    junit: join(folder, "junit.xml"),
    markdown: join(folder, "report.md"),
    page: join(folder, "index.html"),
  };
}

/** The report as JSON, one check a line: short enough for thousands, and a diff tells what changed. */
export function reportJson(report: Report): string {
  const { checks, ...others } = report;
  const head = JSON.stringify(others, undefined, 2).replace(/\n}$/, "");
  return `${head},\n  "checks": [${checkLines(report)}${checks.length > 0 ? "\n  " : ""}]\n}\n`;
}

const checkLines = oncePerChecks(({ checks }) => checks.map((check) => `\n    ${JSON.stringify(check)}`).join(","));
