import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { byLab, byStep, keep, kept, type Row } from "../../engines/table.ts";

const row = (engine: string, lab: string, cells: Record<string, string>, date = "2026-11-28"): Row => ({
  ...{ engine, lab, version: "29.9.3", date, cells },
});
const ROWS = [
  row("machine", "routed", { start: "yes", stop: "yes" }),
  row("machine", "policy", { start: "no", stop: "–" }),
  { ...row("other", "", {}), notRun: "no Go" },
];

test("the tables have a row for each engine, and say what was not run and why", () => {
  expect(byStep(ROWS, ["start", "stop"])).toBe(`| engine | lab | start | stop | date |
| --- | --- | --- | --- | --- |
| machine | routed | yes | yes | 2026-11-28 |
| machine | policy | no | – | 2026-11-28 |
| other | not run: no Go |  |  | 2026-11-28 |
`);
  expect(byLab(ROWS, ["routed", "overlay", "policy"])).toBe(`| engine | version | routed | overlay | policy |
| --- | --- | --- | --- | --- |
| machine | 29.9.3 | 2 of 2 | – | 0 of 2 |
| other | not run: no Go | – | – | – |
`);
});

test("what is run again takes the place of what was run before, and all else stays", () => {
  const folder = mkdtempSync(join(tmpdir(), "podlab-engines-"));
  const file = join(folder, "inner/results.json");
  try {
    expect(kept(file)).toEqual([]);
    expect(keep(file, ROWS)).toEqual(ROWS);
    const again = row("machine", "policy", { start: "yes", stop: "yes" }, "2026-11-29");
    const found = row("other", "routed", { start: "yes", stop: "yes" }, "2026-11-29");
    keep(file, [again]);
    expect(keep(file, [found])).toEqual([ROWS[0], again, found]);
    expect(kept(file)).toEqual([ROWS[0], again, found]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
