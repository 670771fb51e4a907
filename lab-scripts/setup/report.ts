import { createColors } from "picocolors";
import type { Progress } from "./step.ts";

const PLAIN_INTERVAL_MS = 10_000;
const TERMINAL_INTERVAL_MS = 120;
/** A step that takes less is over before a reader has seen that it began. */
const QUIET_MS = 2_000;
const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Where a report goes: a terminal gets one moving line, anything else a line now and then. */
interface ReportStream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

interface StepProgress extends Progress {
  done(how: string): void;
  failed(): void;
}

export interface Reporter {
  nothingMissing(): void;
  begin(missing: readonly { name: string; how: string; seconds: number }[], seconds: number): void;
  start(name: string): StepProgress;
  /** The summary. */
  end(): void;
}

interface Running {
  name: string;
  began: number;
  what: string;
  how?: string;
}

/** A reporter that writes for people. */
export function reportTo(stream: ReportStream): Reporter {
  // Not as picocolors would decide by itself: it takes CI for a terminal.
  const colors = createColors(Boolean(stream.isTTY) && !process.env.NO_COLOR);
  const running = new Set<Running>();
  const finished: { name: string; seconds: number }[] = [];
  const began = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;

  const erase = () => stream.isTTY && stream.write("\r\x1b[K");
  const line = (text: string) => {
    erase();
    stream.write(`${text}\n`);
  };
  const tick = () => {
    const shown = [...running].filter((step) => Date.now() - step.began >= QUIET_MS);
    if (shown.length === 0) return;
    if (!stream.isTTY) {
      for (const step of shown) line(`  … ${describe(step)}`);
      return;
    }
    frame = (frame + 1) % SPINNER.length;
    const width = (stream.columns ?? 80) - 1;
    erase();
    stream.write(`${SPINNER[frame]} ${shown.map(describe).join(" · ")}`.slice(0, width));
  };

  return {
    nothingMissing: () => line("set-up: nothing missing"),
    begin(missing, seconds) {
      const width = Math.max(...missing.map(({ name }) => name.length));
      line(`set-up: ${missing.length} missing, about ${duration(seconds)} on this machine`);
      for (const { name, how, seconds } of missing)
        line(`  ${name.padEnd(width)}  ${how} (about ${duration(seconds)})`);
      timer = setInterval(tick, stream.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS);
      timer.unref();
    },
    start(name) {
      const step: Running = { name, began: Date.now(), what: "" };
      running.add(step);
      return {
        at: (what) => {
          step.what = what;
        },
        took: (how) => {
          step.how = how;
        },
        note: (what) => line(`  ${colors.yellow("!")} ${name}: ${what}`),
        done: (how) => {
          running.delete(step);
          const seconds = (Date.now() - step.began) / 1000;
          finished.push({ name, seconds });
          line(`  ${colors.green("✓")} ${name}: ${step.how ?? how}, ${duration(seconds)}`);
        },
        failed: () => {
          running.delete(step);
          line(`  ${colors.red("✗")} ${name}, after ${since(step.began)}`);
        },
      };
    },
    end() {
      clearInterval(timer);
      erase();
      const parts = finished.map(({ name, seconds }) => `${name} ${duration(seconds)}`).join(", ");
      if (finished.length > 0) line(`set-up: ${since(began)} in all (${parts})`);
    },
  };
}

/** Seconds as a person says them: `0.4 s`, `12 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const since = (began: number): string => duration((Date.now() - began) / 1000);

const describe = ({ name, began, what }: Running): string => `${name} ${since(began)}${what ? `: ${what}` : ""}`;
