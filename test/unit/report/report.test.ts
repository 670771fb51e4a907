import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { annotate, annotations } from "../../../lab-scripts/report/annotations.ts";
import { junitXml } from "../../../lab-scripts/report/junit.ts";
import { markdown } from "../../../lab-scripts/report/markdown.ts";
import { terminalReport } from "../../../lab-scripts/report/matrix.ts";
import { exitCodeOf, summaryLine } from "../../../lab-scripts/report/report.ts";
import { type Report, reportSchema } from "../../../lab-scripts/report/schema.ts";
import { reportJson, writeReport } from "../../../lab-scripts/report/write.ts";
import { mixedReport, report, result } from "../verify/fixtures.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function folder(): string {
  folders.push(mkdtempSync(join(tmpdir(), "podlab-report-")));
  return folders.at(-1)!;
}

describe("report.json", () => {
  const valid = (one: unknown) => reportSchema.safeParse(one).success;
  const parsed = (text: string) => JSON.parse(text);

  test("holds to its schema", () => {
    for (const one of [mixedReport(), report([]), report([result()])]) {
      expect(reportSchema.parse(parsed(reportJson(one)))).toEqual(one);
    }
  });

  test("is the report, whole", () => {
    expect(parsed(reportJson(mixedReport()))).toEqual(mixedReport());
  });

  test("has one check a line", () => {
    const lines = reportJson(mixedReport()).split("\n");
    for (const check of mixedReport().checks)
      expect(lines.filter((line) => line.includes(`"id":"${check.id}"`))).toHaveLength(1);
  });

  test("the schema refuses what is not a report", () => {
    const { schema: _, ...unnamed } = mixedReport();
    const [first, ...rest] = mixedReport().checks;
    const wrong = [
      unnamed,
      { ...mixedReport(), schema: "podlab-report/2" },
      { ...mixedReport(), colour: "red" },
      { ...mixedReport(), checks: [{ ...first, verdict: "fine" }, ...rest] },
      { ...mixedReport(), checks: [{ ...first, expected: { outcome: "ok", colour: "red" } }, ...rest] },
    ];
    for (const one of wrong) expect(valid(one)).toBe(false);
  });

  test("answers that came only when asked again are counted, and named in the summary", () => {
    const again = report([result({}, { outcome: "ok", asked: 3 }), result({ kind: "icmp" })]);
    expect(again.summary).toMatchObject({ passed: 2, askedAgain: 1 });
    expect(summaryLine(again)).toContain("1 answered only when asked again");
    expect(valid(again)).toBe(true);
    expect(report([result()]).summary.askedAgain).toBeUndefined();
  });

  test("findings come with those behind most checks first", () => {
    const finding = (cause: string, checks: string[]) => ({
      cause,
      node: "router",
      place: "router",
      evidence: [],
      checks,
    });
    const { findings } = report([], { findings: [finding("few", ["a"]), finding("many", ["b", "c"])] });
    expect(findings.map(({ cause }) => cause)).toEqual(["many", "few"]);
  });
});

describe("junit.xml", () => {
  const xml = junitXml(mixedReport());

  test("one case a check, a suite a source, provisioning apart", () => {
    const { checks } = mixedReport();
    expect(xml.match(/<testcase [^>]*classname="routed\.host/g)).toHaveLength(checks.length);
    expect(xml.match(/<testcase [^>]*classname="routed\.provisioning"/g)).toHaveLength(2);
    expect(
      [...xml.matchAll(/<testsuite name="([^"]*)" tests="(\d+)" failures="(\d)" errors="(\d)"/g)].map((one) =>
        one.slice(1),
      ),
    ).toEqual([
      ["provisioning", "2", "0", "1"],
      ["nodes", "1", "0", "1"],
      ["host01/web", "6", "2", "0"],
      ["host02/web", "1", "0", "1"],
    ]);
  });

  test("a failure and an error are told apart, with expected and observed", () => {
    expect(xml.match(/<failure /g)).toHaveLength(2);
    expect(xml).toContain('<error message="because of probe-error" type="probe-error">');
    expect(xml).toContain("expected: ok via 192.168.20.1, 10.0.0.1&#10;observed: ok ttl 61 via 192.168.20.1, *");
  });

  test("a failure says what was found behind it", () => {
    expect(xml.match(/found: /g)).toHaveLength(1);
    expect(xml).toContain(
      "found: left host01 eth0, arrived at router (host01-net), never left it: router has no route",
    );
  });

  test("what XML would take for markup, or does not allow at all, is escaped", () => {
    expect(xml).toContain("no &lt;raw&gt; socket");
    expect(xml).toContain("pod &amp; co");
    const strange = junitXml(
      report([result({ id: 'a "b" \u0000\u001b[0m 🐳 \ud83d' }, { outcome: "timeout" }, "fail")]),
    );
    expect(strange).toContain('name="a &quot;b&quot; \ufffd\ufffd[0m 🐳 \ufffd"');
  });

  test("every element that opens closes", () => {
    const open: string[] = [];
    for (const [, closing, name, empty] of xml.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (closing) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name!);
    }
    expect(open).toEqual([]);
  });
});

describe("report.md", () => {
  test("says the result, what failed and why, and what was not asked", () => {
    const text = markdown(mixedReport());
    expect(text).toContain("## ❌ podlab routed");
    expect(text).toContain(
      "7 checks: 4 passed, 2 failed, 1 could not be probed, 1 node could not be asked in 1.23 s; converged after 0.9 s",
    );
    expect(text).toContain("12 left out by the filter");
    expect(text).toContain("host02 does not run");
    expect(text).toMatch(/\| icmp host01\/web -> internet \| ok \| timeout \| because of timeout \|/);
  });

  test("the causes come before the checks", () => {
    const text = markdown(mixedReport());
    expect(text).toContain("- **left host01 eth0, arrived at router (host01-net), never left it");
    expect(text).toContain("  - router: ip route: empty");
    expect(text.indexOf("### Why")).toBeLessThan(text.indexOf("### Not as expected"));
  });

  test("of what passed it gives the number only", () => {
    const text = markdown(report([result(), result({ kind: "icmp" })]));
    expect(text).toContain("## ✅ podlab routed");
    expect(text).not.toContain("Not as expected");
    expect(text).toContain("| icmp | 1 | 0 | 0 |");
  });

  test("is short however much failed, and counts the rest", () => {
    const many = Array.from({ length: 4000 }, (_, at) => result({ id: `check ${at}` }, { outcome: "timeout" }, "fail"));
    const text = markdown(report(many));
    expect(text.length).toBeLessThan(20_000);
    expect(text).toContain("and 3950 more");
  });

  test("a pipe in a reason does not break the table", () => {
    expect(markdown(report([result({ id: "a|b" }, { outcome: "timeout" }, "fail")]))).toContain("| a\\|b |");
  });
});

describe("GitHub Actions", () => {
  test("an annotation for each of the first nine, then a summary", () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      result({ id: `icmp: a,b ${at}` }, { outcome: "timeout" }, "fail"),
    );
    const lines = annotations(report(many));
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe("::error title=icmp%3A a%2Cb 0::because of timeout%0Aexpected: ok%0Aobserved: timeout");
    expect(lines[9]).toContain("30 failed");
  });

  test("only there, and with the summary appended where the runner wants it", () => {
    const file = join(folder(), "summary.md");
    const said: string[] = [];
    annotate(mixedReport(), {}, (line) => said.push(line));
    expect(said).toEqual([]);
    annotate(mixedReport(), { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: file }, (line) => said.push(line));
    expect(said).toHaveLength(4); // a node, and three checks
    expect(readFileSync(file, "utf8")).toBe(`${markdown(mixedReport())}\n`);
  });
});

describe("files", () => {
  test("report/<lab>/ holds all three, and no draft", async () => {
    const root = folder();
    const files = await writeReport(mixedReport(), root);
    expect(files.json).toBe(join(root, "routed", "report.json"));
    expect(readdirSync(files.folder).toSorted()).toEqual(["junit.xml", "report.json", "report.md"]);
    expect(existsSync(files.junit)).toBe(true);
  });

  test("a second run replaces the first", async () => {
    const root = folder();
    await writeReport(mixedReport(), root);
    const { json } = await writeReport(report([]), root);
    expect(JSON.parse(readFileSync(json, "utf8")).summary.total).toBe(0);
  });

  test("written again with what was not known before, it says that and the same of its checks", async () => {
    const root = folder();
    const { provisioning, ...early } = mixedReport();
    await writeReport(early, root);
    const { json, junit } = await writeReport({ ...early, provisioning: provisioning! }, root);
    expect(JSON.parse(readFileSync(json, "utf8"))).toEqual(JSON.parse(reportJson(mixedReport())));
    expect(readFileSync(junit, "utf8")).toBe(junitXml(mixedReport()));
  });
});

describe("a node that could not be asked, while every check passed,", () => {
  const reason = "router did not finish its boot within 30 s: /run/podlab/ready is not there";
  const green = report([result()], { troubles: [{ node: "router", kind: "broken", reason }] });

  test("is told on the terminal, and the last line counts it", () => {
    const lines = terminalReport(green).split("\n");
    expect(lines).toContain(reason);
    expect(lines.at(-1)).toBe("1 check: 1 passed, 1 node could not be asked in 1.23 s");
  });

  test("is an error in junit.xml, in report.md and for GitHub Actions", () => {
    expect(junitXml(green)).toContain('<testsuite name="nodes" tests="1" failures="0" errors="1"');
    expect(junitXml(green)).toContain(`<error message="${reason}" type="broken"/>`);
    expect(markdown(green)).toContain("## ❌ podlab routed");
    expect(annotations(green)).toEqual([`::error title=router::${reason}`]);
  });

  test("makes it no verdict on the lab: exit code 2", () => {
    expect(exitCodeOf(green)).toBe(2);
  });
});

test("exit codes: errors and nodes that do not run weigh more than failures, and nothing proved is no success", () => {
  const troubles = [{ node: "router", kind: "down", reason: "router does not run" }] as const;
  const code = (passed: number, failed: number, errors: number, nodes: Report["troubles"] = []) =>
    exitCodeOf({ summary: { total: passed + failed + errors, passed, failed, errors }, troubles: nodes });
  expect([code(2, 1, 0, troubles), code(3, 0, 0, troubles)]).toEqual([2, 2]);
  expect([code(3, 0, 0), code(3, 1, 0), code(3, 1, 1), code(3, 0, 1), code(0, 0, 0)]).toEqual([0, 1, 2, 2, 2]);
});

test("the summary says what silence means where silence was expected", () => {
  expect(summaryLine(report([result({ expected: { outcome: "timeout" } }, { outcome: "timeout" })]))).toBe(
    "1 check: 1 passed in 1.23 s; silence means 2 s",
  );
});
