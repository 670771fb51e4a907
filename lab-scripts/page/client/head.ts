/** The first lines: the verdict, and what failed with its few causes. */

import type { Finding } from "../../diagnose/finding.ts";
import { isVerdict, summaryLine } from "../../report/report.ts";
import { byId, h, plural } from "./dom.ts";
import type { Lab, Pair } from "./lab.ts";

export function showHead(lab: Lab): void {
  const { data } = lab;
  const { total, passed, failed } = data.summary;
  const good = isVerdict(data) && failed === 0;
  const verdict = good
    ? `✓ ${passed.toLocaleString("en")} checks, all as expected`
    : `✕ ${countText(data) || "none"} of ${plural(total, "check")}`;
  document.title = `${good ? "✓" : "✕"} podlab ${data.lab}`;
  byId("head").replaceChildren(
    h("h1", {}, h("span", { class: "soft" }, "podlab "), data.lab),
    h("p", { class: `verdict ${good ? "pass" : "fail"}` }, verdict),
    h(
      "p",
      { class: "soft" },
      h("time", { datetime: data.startedAt }, new Date(data.startedAt).toLocaleString()),
      ` · ${summaryLine(data)}`,
    ),
  );
}

function countText({ summary: { failed, errors }, troubles }: Lab["data"]): string {
  return [
    troubles.length > 0 && `${plural(troubles.length, "node")} could not be asked`,
    failed > 0 && `${failed.toLocaleString("en")} failed`,
    errors > 0 && `${errors.toLocaleString("en")} could not be probed`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** Causes first; then what none of them is behind. */
export function showFound(lab: Lab, cell: (from: string, to: string) => void): void {
  const { troubles, findings, summary } = lab.data;
  const section = byId("found");
  section.hidden = summary.failed + summary.errors === 0 && troubles.length === 0;
  if (section.hidden) {
    section.replaceChildren();
    return;
  }
  const explained = new Set(findings.flatMap(({ checks }) => checks));
  const open = lab.pairs.filter(({ checks }) =>
    checks.some(({ id, verdict }) => verdict !== "pass" && !explained.has(id)),
  );
  section.replaceChildren(
    h(
      "h2",
      { id: "found-title" },
      findings.length > 0 ? `What failed: ${plural(findings.length, "cause")}` : "What failed",
    ),
    ...troubles.map(({ reason }) => h("p", { class: "trouble" }, reason)),
    ...findings.map((finding) => article(lab, finding, cell)),
    ...(open.length > 0
      ? [h("article", {}, h("h3", {}, findings.length > 0 ? "Without a cause found" : "Pairs"), links(open, cell))]
      : []),
  );
}

function article(lab: Lab, { cause, node, evidence, checks }: Finding, cell: (from: string, to: string) => void) {
  const behind = new Set(checks);
  const pairs = lab.pairs.filter((pair) => pair.checks.some(({ id }) => behind.has(id)));
  return h(
    "article",
    { class: "finding" },
    h("h3", {}, cause),
    h(
      "p",
      { class: "soft" },
      `behind ${checks.length.toLocaleString("en")} of ${(lab.data.summary.failed + lab.data.summary.errors).toLocaleString("en")}; look at ${node}`,
    ),
    evidence.length > 0 && h("pre", { tabindex: 0, "aria-label": "Evidence" }, h("code", {}, evidence.join("\n"))),
    links(pairs, cell),
  );
}

const SHOWN = 6;

function links(pairs: readonly Pair[], cell: (from: string, to: string) => void): HTMLElement {
  const rest = pairs.length - SHOWN;
  return h(
    "p",
    { class: "pairs" },
    pairs
      .slice(0, SHOWN)
      .map(({ from, to }) => h("button", { type: "button", onclick: () => cell(from, to) }, `${from} → ${to}`)),
    rest > 0 ? h("span", { class: "soft" }, `and ${plural(rest, "pair")} more in the matrix`) : undefined,
  );
}
