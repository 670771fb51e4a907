import { expect, test } from "vitest";
import { table } from "../../engines/table.ts";

test("the table has a row for each engine and lab, and says what was not run and why", () => {
  const rows = [
    { engine: "machine", lab: "routed", cells: { start: "yes", stop: "yes" } },
    { engine: "docker-29", lab: "routed", cells: { start: "no" } },
    { engine: "other", lab: "", cells: {}, notRun: "no Go" },
  ];
  expect(table(rows, ["start", "stop"], new Date("2026-11-28T12:00:00Z"))).toBe(`2026-11-28

| engine | lab | start | stop |
| --- | --- | --- | --- |
| machine | routed | yes | yes |
| docker-29 | routed | no | – |
| other | not run: no Go |
`);
});
