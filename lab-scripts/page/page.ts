/** report/<lab>/index.html: one file that opens from disk, asks no network, and shows what report.json says. */
import { gzipSync } from "node:zlib";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { Report } from "../report/schema.ts";
import { escaped } from "../xml.ts";
import type { History } from "./history.ts";

/** What the page's script is given. */
export interface PageData extends Report {
  readonly plan: LabPlan;
  readonly history: History["runs"];
  /** The title of the captured walk in the page, where there is one. */
  readonly walk?: string | undefined;
}

export interface PageParts {
  readonly data: PageData;
  /** The drawing of the lab. */
  readonly svg: string;
  readonly script: string;
  readonly style: string;
  readonly walk?: WalkShown;
}

/** One packet's way as it was captured, drawn. */
export interface WalkShown {
  readonly title: string;
  readonly svg: string;
}

/** Nothing is fetched, but by the page of a server that shows a watch: from that server. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";

export function page({ data, svg, script, style, walk }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>podlab ${escaped(data.lab)}</title>
<style>
${style}</style>
<header id="head"></header>
<main>
<section id="found" aria-labelledby="found-title" hidden></section>
<section id="topology" aria-labelledby="topology-title">
<h2 id="topology-title">Topology</h2>
<div id="drawing">
${svg}</div>
</section>
<section id="matrix" aria-labelledby="matrix-title"></section>
${walk ? `<section id="walk" aria-labelledby="walk-title">\n<h2 id="walk-title">${escaped(walk.title)}</h2>\n${walk.svg}</section>\n` : ""}<section id="history" aria-labelledby="history-title"></section>
<noscript><p>The matrix needs JavaScript; report.md beside this file does not.</p></noscript>
</main>
<aside id="details" aria-label="Details" tabindex="-1"></aside>
<p id="said" role="status"></p>
<script type="application/gzip" id="data">${dataText(data)}</script>
<script>${script}</script>
</html>
`;
}

/**
 * Returns it as gzip in base64: thirty thousand checks are mostly the same few sentences. Their ids would be a third of it, so checks
 * have none, and findings name them by their numbers.
 */
export function dataText({ checks, findings, ...data }: PageData): string {
  const numbers = new Map(checks.map(({ id }, at) => [id, String(at)]));
  const packed = {
    ...data,
    checks: checks.map(({ id: _, ...check }) => check),
    findings: findings.map((one) => ({ ...one, checks: one.checks.flatMap((id) => numbers.get(id) ?? []) })),
  };
  return gzipSync(JSON.stringify(packed)).toString("base64");
}
