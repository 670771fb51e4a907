/** The last runs, and what each changed. */
import { amount, failures, plural, seconds } from "../../report/amounts.ts";
import type { Run, Some } from "../history.ts";
import { byId, filled, h, table } from "./dom.ts";
import type { Lab } from "./lab.ts";

const SHOWN = 12;
const BARS = 50;

export function showHistory({ data: { history } }: Lab): void {
  const recent = history.toReversed().slice(0, SHOWN);
  filled(
    byId("history"),
    h("h2", { id: "history-title" }, "History"),
    history.length > 1 && bars(history.slice(-BARS)),
    table(
      `The last ${plural(recent.length, "run")} of this lab`,
      ["when", "result", "took", "since the run before"],
      recent.map((run) => [when(run), result(run), seconds(run.durationMs), difference(run)]),
    ),
  );
}

/** A bar a run, as high as it took long. */
function bars(runs: readonly Run[]): HTMLElement {
  const longest = Math.max(1, ...runs.map(({ durationMs }) => durationMs));
  return h(
    "div",
    { class: "bars", "aria-hidden": "true" },
    runs.map((run) =>
      h("i", {
        class: run.failed + run.errors > 0 ? "fail" : "pass",
        style: `height:${Math.max(8, Math.round((run.durationMs / longest) * 100))}%`,
        title: `${when(run)}: ${run.passed} of ${run.total}, ${seconds(run.durationMs)}`,
      }),
    ),
  );
}

function when({ startedAt, lastAt, rounds, part }: Run): string {
  const until = lastAt === undefined ? "" : ` – ${new Date(lastAt).toLocaleTimeString()}, ${rounds} rounds`;
  return `${new Date(startedAt).toLocaleString()}${until}${part === undefined ? "" : ` (${part})`}`;
}

function result(run: Run): HTMLElement {
  const bad = failures(run).join(", ");
  const verdict = bad === "" ? `✓ ${amount(run.passed)} passed` : `✕ ${bad} of ${amount(run.total)}`;
  return h(
    "span",
    h("b", { class: bad === "" ? "pass" : "fail" }, verdict),
    run.causes.map((cause) => h("small", cause)),
  );
}

function difference({ changed }: Run): string {
  if (!changed) return "the first run";
  const words = [
    some(changed.nowFailing, "fail now"),
    some(changed.nowPassing, "pass again"),
    some(changed.otherwise, "fail otherwise"),
  ];
  return words.filter(Boolean).join("; ") || "nothing changed";
}

function some({ count, first }: Some, what: string): string {
  return count === 0 ? "" : `${count} ${what}: ${first.join(", ")}${count > first.length ? " …" : ""}`;
}
