import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { duration, reportTo } from "../../../lab-scripts/setup/report.ts";

let said: string;
const stream = (isTTY: boolean) => ({
  isTTY,
  columns: 40,
  write: (text: string) => {
    said += text;
  },
});

beforeEach(() => {
  said = "";
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const missing = [{ name: "Pulumi", how: "built", seconds: 270 }];

test.each([
  [0.04, "0.0 s"],
  [9.96, "10.0 s"],
  [42.4, "42 s"],
  [270, "4 min 30 s"],
  [119.6, "2 min 0 s"],
])("%f s is said as %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test("without a terminal, a long step has a line every 10 s, and the end a summary", () => {
  const report = reportTo(stream(false));
  report.begin(missing, 270);
  const step = report.start("Pulumi");
  step.at("compiling");
  vi.advanceTimersByTime(25_000);
  step.took("downloaded after all");
  step.done("built");
  report.end();
  vi.advanceTimersByTime(60_000);
  expect(said.split("\n")).toEqual([
    "set-up: 1 missing, about 4 min 30 s on this machine",
    "  Pulumi  built (about 4 min 30 s)",
    "  … Pulumi 10 s: compiling",
    "  … Pulumi 20 s: compiling",
    expect.stringMatching(/✓.* Pulumi: downloaded after all, 25 s/),
    "set-up: 25 s in all (Pulumi 25 s)",
    "",
  ]);
});

test("on a terminal, one line moves and never outgrows it; a step under 2 s is not shown", () => {
  const report = reportTo(stream(true));
  report.begin(missing, 270);
  const step = report.start("Pulumi");
  vi.advanceTimersByTime(1_900);
  expect(said).not.toContain("⠋");
  said = "";
  step.at("x".repeat(200));
  vi.advanceTimersByTime(500);
  const frames = said.split("\r\x1b[K").filter(Boolean);
  expect(frames.length).toBeGreaterThan(1);
  expect(frames.every((frame) => frame.length < 40 && !frame.includes("\n"))).toBe(true);
  step.failed();
  report.end();
});
