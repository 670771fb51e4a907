import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { stackLab } from "../../../lab-scripts/lab/stackSpec.ts";
import { Lab } from "../../../lab-scripts/page/client/lab.ts";
import { stateOf, wireStates } from "../../../lab-scripts/page/client/wires.ts";
import { EMPTY, withRun } from "../../../lab-scripts/page/history.ts";
import { dataText } from "../../../lab-scripts/page/page.ts";
import { drawAhead, rewritePage, writePage } from "../../../lab-scripts/page/writePage.ts";
import type { Report } from "../../../lab-scripts/report/schema.ts";
import { writeReport } from "../../../lab-scripts/report/write.ts";
import { questionOf } from "../../../lab-scripts/trace/question.ts";
import { traceIn } from "../../../lab-scripts/trace/take.ts";
import { lab, reportOn } from "../../browser/reports.ts";
import { plan, sceneOf, trialOf } from "../diagnose/scene.ts";
import { articlePlan, mixedReport, report, result } from "../verify/fixtures.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What the page's script reads. */
const read = (text: string): unknown => JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString());

describe("the page's data", () => {
  test("is the whole report; findings name checks by their numbers", () => {
    const { checks, ...data } = { ...mixedReport(), plan: articlePlan(), history: [] };
    const findings = [{ cause: "no route", node: "router", place: "router", evidence: [], checks: [checks[1]!.id] }];
    expect(read(dataText({ ...data, checks, findings }))).toEqual({
      ...JSON.parse(JSON.stringify(data)),
      checks: checks.map(({ id: _, ...check }) => check),
      findings: [{ ...findings[0], checks: ["1"] }],
    });
  });

  test("thirty thousand checks are half a megabyte at most", () => {
    const plan = lab(16, 4);
    const report = reportOn(plan, new Date(0));
    expect(report.checks).toHaveLength(30_000);
    expect(dataText({ ...report, plan, history: [] }).length).toBeLessThan(500_000);
  });
});

test("a pod's link carries what others ask it and it asks others, and not what it asks itself", () => {
  const routed = stackLab("routed").plan;
  const report = reportOn(routed, new Date(0));
  const states = wireStates(new Lab({ ...report, plan: routed, history: [] }));
  for (const { id, link } of routed.netns.flatMap(({ id, role, interfaces: [dev] }) =>
    role === "pod" ? { id, link: dev!.link } : [],
  )) {
    const crossing = report.checks.filter(({ kind, from, to }) => kind !== "fact" && (from === id) !== (to === id));
    expect(stateOf(states, link, id)).toEqual({ total: crossing.length, failed: 0, state: "ok" });
  }
});

describe("history", () => {
  const at = (minute: number, failing: readonly string[], ok: readonly string[] = []): Report => ({
    ...report([
      ...failing.map((id) => result({ id }, { outcome: "timeout" }, "fail")),
      ...ok.map((id) => result({ id })),
    ]),
    startedAt: new Date(Date.UTC(2026, 0, 2, 3, minute)).toISOString(),
  });

  test("says what a run changed", () => {
    const first = withRun(EMPTY, at(1, ["a"], ["b", "c"]));
    expect(first.runs[0]!.changed).toBeUndefined();
    const second = withRun(first, at(2, ["b"], ["a", "c"]));
    expect(second.runs[1]!.changed).toEqual({
      nowFailing: { count: 1, first: ["b"] },
      nowPassing: { count: 1, first: ["a"] },
      otherwise: { count: 0, first: [] },
    });
  });

  test("what is not asked any more does not pass again", () => {
    const { runs } = withRun(withRun(EMPTY, at(1, ["a"], ["b"])), at(2, [], ["b"]));
    expect(runs[1]!.changed!.nowPassing.count).toBe(0);
  });

  test("is bounded, and has a run once", () => {
    let history = EMPTY;
    for (let minute = 0; minute < 60; minute += 1) history = withRun(history, at(minute, []));
    expect(history.runs).toHaveLength(50);
    expect(history.runs.at(-1)!.startedAt).toContain("03:59");
    expect(withRun(history, at(59, []))).toBe(history);
  });

  test("rounds of a watch that see the same are one run", () => {
    let history = withRun(EMPTY, at(1, ["a"]));
    for (const minute of [2, 3, 4]) history = withRun(history, at(minute, ["a"]), "watch");
    history = withRun(history, at(5, []), "watch");
    expect(history.runs.map(({ rounds, part }) => [part, rounds])).toEqual([
      [undefined, undefined],
      ["watch", 3],
      ["watch", undefined],
    ]);
  });
});

describe("the page's files", () => {
  async function written(): Promise<string> {
    const root = mkdtempSync(join(tmpdir(), "podlab-page-"));
    folders.push(root);
    const { folder } = await writeReport(mixedReport(), root);
    await writePage(folder, mixedReport(), articlePlan());
    return folder;
  }

  test("stand beside the others, and no draft does", async () => {
    expect(readdirSync(await written()).sort()).toEqual(
      ["history.json", "index.html", "junit.xml", "plan.json", "report.json", "report.md", "topology.svg"].sort(),
    );
  });

  test("hold nothing of what containers have in their environment", async () => {
    const folder = await written();
    const shown = planLab(
      readLab({ hosts: 1, containers: [{ name: "app", image: "x", env: { TOKEN: "hush-hush" } }] }, "lab"),
    );
    expect(JSON.stringify(shown)).toContain("hush-hush");
    await writePage(folder, mixedReport(), shown);
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file), "utf8"), file).not.toContain("hush-hush");
    }
  });

  test("have the drawing that was made while packets were on their way", async () => {
    const root = mkdtempSync(join(tmpdir(), "podlab-page-"));
    folders.push(root);
    await drawAhead(root, articlePlan());
    const drawing = join(root, "topology.svg");
    utimesSync(drawing, 1, 1);
    await writePage(root, mixedReport(), articlePlan());
    expect(statSync(drawing).mtimeMs).toBe(1000);
  });

  test("make the same page again, without a run more", async () => {
    const folder = await written();
    const page = readFileSync(join(folder, "index.html"), "utf8");
    await rewritePage(folder);
    expect(readFileSync(join(folder, "index.html"), "utf8")).toBe(page);
  });

  test("a captured walk that is there is drawn in it", async () => {
    const folder = await written();
    const trial = trialOf();
    const trace = traceIn(sceneOf(trial), questionOf(plan, "host01/web", "host02/web"), trial.shots[0]!);
    writeFileSync(join(folder, "walk.json"), JSON.stringify(trace));
    const page = readFileSync(await rewritePage(folder), "utf8");
    expect(page).toContain('<h2 id="walk-title">host01/web → host02/web, captured ');
    expect(page).toContain('class="walk"');
    writeFileSync(join(folder, "walk.json"), "{}");
    expect(readFileSync(await rewritePage(folder), "utf8")).not.toContain("walk-title");
  });

  test("nothing that a lab says ends the page's script, or begins another", () => {
    const evil = "</script><script>alert(1)</script><!--";
    const checks = [result({}, { outcome: "timeout", detail: evil }, "fail")];
    const text = dataText({ ...report(checks), plan: articlePlan(), history: [] });
    expect(text).not.toContain("<");
    expect(JSON.stringify(read(text))).toContain(JSON.stringify(evil));
  });
});
