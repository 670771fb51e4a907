import { describe, expect, test } from "vitest";
import { cellOf } from "../../../lab-scripts/report/cell.ts";
import { terminalReport, wantsColour } from "../../../lab-scripts/report/matrix.ts";
import { mixedReport, report, result } from "../verify/fixtures.ts";

const pods = (hosts: number, each: number) =>
  Array.from(
    { length: hosts * each },
    (_, at) => `host${String(Math.floor(at / each) + 1).padStart(2, "0")}/pod${(at % each) + 1}`,
  );

function fullMesh(names: readonly string[], broken: (from: string, to: string) => boolean = () => false) {
  return report(
    names.flatMap((from) =>
      names
        .filter((to) => to !== from)
        .map((to) =>
          broken(from, to)
            ? result({ from, to, kind: "icmp" }, { outcome: "no-route" }, "fail")
            : result({ from, to, kind: "icmp" }),
        ),
    ),
  );
}

test("a small matrix has names for columns", () => {
  const text = terminalReport(
    fullMesh(["host01/web", "host02/web"], (from) => from === "host01/web"),
    { columns: 80 },
  );
  expect(text.split("\n").slice(0, 4)).toEqual([
    "            host01/web  host02/web",
    "host01/web                  N",
    "host02/web      ·",
    "N no route; · reached as expected",
  ]);
});

test("findings come before the checks that failed because of them, with their evidence", () => {
  const lines = terminalReport(mixedReport()).split("\n");
  const found = lines.findIndex((line) => line.startsWith("FOUND left host01 eth0, arrived at router"));
  expect(lines.slice(found + 1, found + 4)).toEqual([
    "      behind 1 of 3: icmp host01/web -> internet",
    "      router: ip route: empty",
    "",
  ]);
  expect(found).toBeLessThan(lines.findIndex((line) => line.startsWith("FAIL")));
});

test("a large one has numbers, fits the terminal, and one row a source", () => {
  const names = [...pods(16, 4)];
  const text = terminalReport(
    fullMesh(names, (from, to) => from === names[2] && to === names[5]),
    { columns: 100 },
  );
  const lines = text.split("\n");
  expect(lines[2]).toMatch(/^ 1 host01\/pod1 {3}·{63}$/);
  expect(lines[4]).toMatch(/^ 3 host01\/pod3 {2}·· ··N·{58}$/);
  for (const line of lines.slice(0, 66)) expect(line.length).toBeLessThanOrEqual(100);
});

test("targets that are no sources have a number too, and are listed", () => {
  const text = terminalReport(report([result({ to: "internet" }), result({ to: "router" })]), { columns: 10 });
  expect(text).toContain("targets only: 1 internet, 2 router");
});

describe("a cell", () => {
  test("shows the worst of its kinds", () => {
    const ok = result();
    const failed = result({ kind: "icmp" }, { outcome: "timeout" }, "fail");
    const error = result({ kind: "udp" }, { outcome: "probe-error" }, "error");
    const symbol = (...results: ReturnType<typeof result>[]) => cellOf(report(results).checks).symbol;
    expect(symbol()).toBe(" ");
    expect(symbol(ok)).toBe("·");
    expect(symbol(ok, failed)).toBe("T");
    expect(symbol(ok, failed, error)).toBe("E");
  });

  test("an expected failure is a small letter, a wrong answer a W", () => {
    const silent = result({ expected: { outcome: "timeout" } }, { outcome: "timeout" });
    expect(cellOf(report([silent]).checks)).toEqual({ symbol: "t", verdict: "pass" });
    const wrong = result({ expected: { outcome: "ok", ttl: 61 } }, { outcome: "ok", ttl: 62 }, "fail");
    expect(cellOf(report([wrong]).checks)).toEqual({ symbol: "W", verdict: "fail" });
  });

  test("a closed port beside an open one leaves the pair reached", () => {
    const closed = result({ kind: "tcp-closed", expected: { outcome: "refused" } }, { outcome: "refused" });
    expect(cellOf(report([closed, result()]).checks).symbol).toBe("·");
  });

  test("answers beside failures that were expected have a symbol of their own, and so has its meaning", () => {
    const blocked = result({ kind: "icmp", expected: { outcome: "timeout" } }, { outcome: "timeout" });
    const rejected = result({ expected: { outcome: "refused" } }, { outcome: "refused" });
    const closed = result({ kind: "tcp-closed", expected: { outcome: "timeout" } }, { outcome: "timeout" });
    for (const one of [blocked, rejected, closed]) {
      expect(cellOf(report([result(), one]).checks)).toEqual({ symbol: "±", verdict: "pass" });
    }
    expect(terminalReport(report([blocked, result()]))).toContain("± partly reached, as expected");
    const failed = result({ kind: "udp" }, { outcome: "timeout" }, "fail");
    expect(cellOf(report([result(), blocked, failed]).checks).symbol).toBe("T");
  });
});

describe("failed checks", () => {
  test("are told with expected, observed and reason", () => {
    const text = terminalReport(mixedReport());
    expect(text).toContain(
      "FAIL  path host01/web -> host02/web\n      expected ok via 192.168.20.1, 10.0.0.1\n" +
        "      observed ok ttl 61 via 192.168.20.1, *\n      because of ok",
    );
    expect(text).toContain("ERROR tcp host02/web -> host01/web\n      because of probe-error");
    expect(text).toContain("host02 does not run");
    expect(text).toContain("facts about pods: 1 of 1 as expected");
  });

  test("come after those that no finding is behind, five of them in a line each, when one is", () => {
    const checks = fullMesh(pods(4, 4), () => true).checks;
    const explained = checks.slice(1).map(({ id }) => id);
    const finding = { cause: "router has no route", node: "router", place: "router", evidence: [], checks: explained };
    const text = terminalReport({ ...mixedReport(), checks, findings: [finding] });
    const lines = text.split("\n").filter((line) => line.startsWith("FAIL"));
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe(`FAIL  ${checks[0]!.id}`);
    expect(lines[1]).toBe(`FAIL  ${checks[1]!.id}: ${checks[1]!.reason}`);
    expect(text).toContain("… and 234 more");
  });

  test("are capped, with the number of the others", () => {
    const text = terminalReport(fullMesh(pods(4, 4), () => true));
    expect(text.match(/^FAIL/gm)).toHaveLength(20);
    expect(text).toContain("… and 220 more: report.json, or --json, has them all");
  });
});

describe("colours", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour is
  const escapeCode = /\u001b\[/;

  test("plain unless asked for", () => {
    expect(terminalReport(mixedReport())).not.toMatch(escapeCode);
    expect(terminalReport(mixedReport(), { colour: true })).toMatch(escapeCode);
  });

  test("for a terminal whose user did not object", () => {
    expect(wantsColour({ isTTY: true }, {})).toBe(true);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
    expect(wantsColour({}, {})).toBe(false);
  });
});
