/** The first lines: the verdict, and what failed with its few causes. */
import type { Finding } from "../../diagnose/finding.ts";
import { amount, failures, plural, unasked } from "../../report/amounts.ts";
import { isVerdict, summaryLine } from "../../report/report.ts";
import { button, byId, filled, h, listing } from "./dom.ts";
import type { Lab, Pair } from "./lab.ts";
import type { Choose } from "./shown.ts";

export function showHead({ data }: Lab): void {
  const { total, passed, failed } = data.summary;
  const good = isVerdict(data) && failed === 0;
  const wrong = [...unasked(data.troubles), ...failures(data.summary)].join(", ") || "none";
  const verdict = good ? `✓ ${amount(passed)} checks, all as expected` : `✕ ${wrong} of ${plural(total, "check")}`;
  const when = h("time", { datetime: data.startedAt }, new Date(data.startedAt).toLocaleString());
  document.title = `${good ? "✓" : "✕"} podlab ${data.lab}`;
  filled(
    byId("head"),
    h("h1", h("span", { class: "soft" }, "podlab "), data.lab),
    h("p", { class: `verdict ${good ? "pass" : "fail"}` }, verdict),
    h("p", { class: "soft" }, when, ` · ${summaryLine(data)}`),
  );
}

/** Causes first; then what none of them is behind. */
export function showFound(lab: Lab, choose: Choose): void {
  const { troubles, findings, summary } = lab.data;
  const section = byId("found");
  section.hidden = summary.failed + summary.errors === 0 && troubles.length === 0;
  const explained = new Set(findings.flatMap(({ checks }) => checks));
  const open = lab.pairs.filter(({ checks }) =>
    checks.some(({ id, verdict }) => verdict !== "pass" && !explained.has(id)),
  );
  const found = findings.length > 0;
  filled(
    section,
    h("h2", { id: "found-title" }, "What failed", found && `: ${plural(findings.length, "cause")}`),
    troubles.map(({ reason }) => h("p", { class: "trouble" }, reason)),
    findings.map((finding) => article(lab, finding, choose)),
    open.length > 0 &&
      h("article", h("h3", found ? "Without a cause found" : "Pairs"), pairLinks(open, MOST_PAIRS, choose)),
  );
}

const MOST_PAIRS = 6;

function article(lab: Lab, { cause, node, evidence, checks }: Finding, choose: Choose): HTMLElement {
  const { failed, errors } = lab.data.summary;
  const behind = new Set(checks);
  const pairs = lab.pairs.filter((pair) => pair.checks.some(({ id }) => behind.has(id)));
  return h(
    "article",
    { class: "finding" },
    h("h3", cause),
    h("p", { class: "soft" }, `behind ${amount(checks.length)} of ${amount(failed + errors)}; look at ${node}`),
    evidence.length > 0 && listing(evidence, "Evidence"),
    pairLinks(pairs, MOST_PAIRS, choose),
  );
}

/** A button for each of the first pairs, and how many there are besides. */
export function pairLinks(pairs: readonly Pair[], most: number, choose: Choose): HTMLElement {
  const rest = pairs.length - most;
  return h(
    "p",
    { class: "pairs" },
    pairs.slice(0, most).map(({ from, to }) => button(`${from} → ${to}`, () => choose({ from, to }))),
    rest > 0 && h("span", { class: "soft" }, `and ${plural(rest, "pair")} more in the matrix`),
  );
}
