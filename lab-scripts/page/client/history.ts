/** The last runs, and what each changed. */
import type { Changed, Run, Some } from "../history.ts";
import { byId, h, plural, table } from "./dom.ts";
import type { Lab } from "./lab.ts";

const SHOWN = 12;
const BARS = 50;

export function showHistory({ data: { history } }: Lab): void {
  const recent = history.toReversed();
  byId("history").replaceChildren(
    h("h2", { id: "history-title" }, "History"),
    history.length > 1 ? bars(history.slice(-BARS)) : "",
    table(
      `The last ${plural(Math.min(SHOWN, history.length), "run")} of this lab`,
      ["when", "result", "took", "since the run before"],
      recent.slice(0, SHOWN).map((run) => [when(run), result(run), seconds(run.durationMs), difference(run)]),
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

function result({ total, passed, failed, errors, causes }: Run): HTMLElement {
  const bad = [failed > 0 && `${failed} failed`, errors > 0 && `${errors} could not be probed`].filter(Boolean);
  const all = bad.length === 0;
  return h(
    "span",
    {},
    h("b", { class: all ? "pass" : "fail" }, all ? `✓ ${passed} passed` : `✕ ${bad.join(", ")} of ${total}`),
    causes.map((cause) => h("small", {}, cause)),
  );
}

function difference({ changed }: Run): string {
  if (!changed) return "the first run";
  const { nowFailing, nowPassing, otherwise }: Changed = changed;
  const words = [
    some(nowFailing, "fail now"),
    some(nowPassing, "pass again"),
    some(otherwise, "fail otherwise"),
  ].filter(Boolean);
  return words.length === 0 ? "nothing changed" : words.join("; ");
}

function some({ count, first }: Some, what: string): string {
  if (count === 0) return "";
  return `${count} ${what}: ${first.join(", ")}${count > first.length ? " …" : ""}`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
