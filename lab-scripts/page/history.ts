/** The last runs of a lab, and what each changed: report/<lab>/history.json. */
import type { Outcome } from "../../infra/spec/outcome.ts";
import { given } from "../given.ts";
import type { Report } from "../report/schema.ts";

export interface History {
  readonly version: 1;
  /** Oldest first. */
  readonly runs: readonly Run[];
  /** What did not pass in the newest run, by check id. */
  readonly open: Readonly<Record<string, Outcome>>;
}

export interface Run {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly errors: number;
  /** What it was part of, when it was no plain check: `watch`, `start`, `scenario nat: rules flushed`. */
  readonly part?: string;
  /** The first causes found. */
  readonly causes: readonly string[];
  /** Against the run before; absent in the first. */
  readonly changed?: Changed;
  /** Rounds of a watch that saw the same are one run: how many, and when the last began. */
  readonly rounds?: number;
  readonly lastAt?: string;
}

export interface Changed {
  readonly nowFailing: Some;
  readonly nowPassing: Some;
  /** Failing as before, with another outcome. */
  readonly otherwise: Some;
}

/** How many, and the first few by id. */
export interface Some {
  readonly count: number;
  readonly first: readonly string[];
}

export const EMPTY: History = { version: 1, runs: [], open: {} };

const MOST_RUNS = 50;
const FIRST = 3;
const MOST_CAUSES = 3;

/** The history with a run more; the same when it has that run already. */
export function withRun(history: History, report: Report, part?: string): History {
  const { startedAt, durationMs, summary, checks, findings } = report;
  const last = history.runs.at(-1);
  if (last && startedAt <= (last.lastAt ?? last.startedAt)) return history;
  const failing = checks.filter(({ verdict }) => verdict !== "pass");
  const open = Object.fromEntries(failing.map(({ id, observed }) => [id, observed.outcome]));
  const changed = last && changes(history.open, open, new Set(checks.map(({ id }) => id)));
  const run: Run = {
    startedAt,
    durationMs,
    ...summary,
    ...given({ part }),
    causes: findings.slice(0, MOST_CAUSES).map(({ cause }) => cause),
    ...given({ changed }),
  };
  if (part === "watch" && last?.part === "watch" && last.total === run.total && changed && isNothing(changed)) {
    const same: Run = { ...last, durationMs, rounds: (last.rounds ?? 1) + 1, lastAt: startedAt };
    return { version: 1, runs: [...history.runs.slice(0, -1), same], open };
  }
  return { version: 1, runs: [...history.runs, run].slice(-MOST_RUNS), open };
}

/** A check that was not asked again neither fails nor passes now. */
function changes(before: History["open"], now: History["open"], asked: ReadonlySet<string>): Changed {
  const ids = Object.keys(now);
  return {
    nowFailing: some(ids.filter((id) => before[id] === undefined)),
    nowPassing: some(Object.keys(before).filter((id) => now[id] === undefined && asked.has(id))),
    otherwise: some(ids.filter((id) => before[id] !== undefined && before[id] !== now[id])),
  };
}

const some = (ids: readonly string[]): Some => ({ count: ids.length, first: ids.slice(0, FIRST) });

const isNothing = ({ nowFailing, nowPassing, otherwise }: Changed): boolean =>
  nowFailing.count + nowPassing.count + otherwise.count === 0;
