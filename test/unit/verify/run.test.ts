import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Expectation } from "../../../infra/expect/check.ts";
import { type VerifyOptions, verify } from "../../../lab-scripts/lab/verify.ts";
import { annotations } from "../../../lab-scripts/report/annotations.ts";
import { markdown } from "../../../lab-scripts/report/markdown.ts";
import { terminalReport } from "../../../lab-scripts/report/matrix.ts";
import { exitCodeOf } from "../../../lab-scripts/report/report.ts";
import { reportJson } from "../../../lab-scripts/report/write.ts";
import type { NodeExec } from "../../../lab-scripts/verify/nodeProgram.ts";
import { articlePlan, expectation } from "./fixtures.ts";

const plan = articlePlan();
const folder = mkdtempSync(join(tmpdir(), "podlab-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An exec that runs a shell script instead of the prober. */
function scripted(script: string): NodeExec {
  return () => ["sh", "-c", script];
}

const says = (...lines: readonly object[]) =>
  scripted(`read job; cat <<'LINES'\n${lines.map((line) => JSON.stringify(line)).join("\n")}\nLINES`);
const done = { done: true };
const here = [expectation()];

function run(expectations: readonly Expectation[], nodeExec: NodeExec, options: VerifyOptions = {}) {
  return verify(plan, expectations, { nodeExec, readyFile: null, ...options });
}

describe("what a prober says becomes a result", () => {
  test("as expected", async () => {
    const report = await run(here, says({ id: "0", outcome: "ok", ttl: 61, rttMs: 0.5 }, done));
    expect(report.summary).toEqual({ total: 1, passed: 1, failed: 0, errors: 0 });
    expect(report.checks[0]!.observed).toEqual({ outcome: "ok", ttl: 61, rttMs: 0.5 });
    expect(exitCodeOf(report)).toBe(0);
  });

  test("not as expected", async () => {
    const report = await run(here, says({ id: "0", outcome: "timeout" }, done));
    expect(report.checks[0]!).toMatchObject({ verdict: "fail", observed: { outcome: "timeout" } });
    expect(exitCodeOf(report)).toBe(1);
  });

  test("facts", async () => {
    const pause = { name: "web.pause", id: "abc", addresses: ["192.168.20.2"], netns: 7 };
    const app = { name: "web.app", id: "def", networkMode: "container:abc", netns: 8, state: "running" };
    const fact = (id: string, to: string, value: string) =>
      expectation({ kind: "fact", id: `fact ${id} ${to}`, to, expected: { outcome: "ok", value } });
    const container = `host01/web:${plan.pods[0]!.containers[0]!.name}`;
    const facts = [pause, { ...app, name: plan.pods[0]!.containers[0]!.container }];
    const report = await run(
      [
        fact("addresses", "host01/web", "192.168.20.2"),
        fact("network-mode", container, "container:web.pause"),
        fact("shares-netns", container, "web.pause"),
        fact("state", container, "running"),
        fact("colour", container, "red"),
      ],
      says({ facts }, done),
    );
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(["pass", "pass", "fail", "pass", "error"]);
    expect(report.checks[2]!.reason).toBe("it is a namespace of its own, not web.pause");
  });
});

describe("what a pod answers acts on no terminal", () => {
  // A clear screen, a window title, a forged line, text that turns around.
  const evil = "host02/web:app\u001b[2J\u001b]0;owned\u0007\n999 checks: 999 passed\u202e\u009b31m";
  const acts = /[^\P{C}\n]/u;

  test("nor on the files of the report", async () => {
    const report = await run(
      [expectation({ expected: { outcome: "ok", identity: "host02/web:app" } })],
      says({ id: "0", outcome: "ok", identity: evil, sourceSeen: evil, detail: evil }, done),
    );
    const shown = "host02/web:app\\u001b[2J\\u001b]0;owned\\u0007\\u000a999 checks: 999 passed\\u202e\\u009b31m";
    expect(report.checks[0]!.observed).toMatchObject({ identity: shown, sourceSeen: shown, detail: shown });
    for (const text of [terminalReport(report), markdown(report), reportJson(report), annotations(report).join("\n")]) {
      expect(text).toContain("host02/web:app");
      expect(text).not.toMatch(acts);
    }
  });

  test("nor does what a prober complains of", async () => {
    const report = await run(here, scripted("printf 'no\\033[2J good\\n' >&2; exit 1"));
    expect(report.troubles[0]!.reason).toBe("the prober in host01 did not finish: no\\u001b[2J good");
  });
});

describe("a node that can't be asked is an error with its reason, never a pass", () => {
  const blocked = [
    expectation({ expected: { outcome: "timeout" } }),
    expectation({ kind: "fact", id: "fact state host01/web" }),
  ];
  const cases: readonly (readonly [string, NodeExec, string | undefined, RegExp])[] = [
    [
      "no such container",
      scripted("echo 'Error response from daemon: No such container: x' >&2; exit 1"),
      "absent",
      /not there/,
    ],
    ["not running", scripted("echo 'Error: Container x is not running' >&2; exit 1"), "down", /does not run/],
    [
      "no agent",
      scripted("echo 'exec: \"podlab-node\": executable file not found in $PATH' >&2; exit 127"),
      "broken",
      /no podlab-node/,
    ],
    ["no docker", () => ["/nonexistent/docker"], "broken", /ENOENT/],
    ["ended early", says({ id: "9", outcome: "ok" }), "broken", /did not finish/],
    ["nonsense", scripted("echo hello"), "broken", /hello/],
    ["silent success", says(done), undefined, /without a word|no facts/],
    ["unknown outcome", says({ id: "0", outcome: "fine" }, done), undefined, /unknown outcome|no facts/],
  ];
  test.each(cases)("%s", async (_, exec, kind, reason) => {
    const report = await run(blocked, exec);
    expect(report.summary).toEqual({ total: 2, passed: 0, failed: 0, errors: 2 });
    expect(report.troubles.map((trouble) => trouble.kind)).toEqual(kind === undefined ? [] : [kind]);
    for (const check of report.checks) expect(check.reason).toMatch(reason);
    expect(exitCodeOf(report)).toBe(2);
  });

  test("what a prober said before it ended still counts", async () => {
    const report = await run([expectation(), expectation({ kind: "icmp" })], says({ id: "1", outcome: "ok" }));
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(["error", "pass"]);
  });

  test("one node's trouble is not another's", async () => {
    const exec: NodeExec = (node) => says(...(node.name === "host01" ? [] : [{ id: "1", outcome: "ok" }, done]))(node);
    const report = await run([expectation(), expectation({ from: "host02/web" })], exec);
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(["error", "pass"]);
  });

  test("an abort ends a prober that hangs", async () => {
    const started = performance.now();
    const report = await run(here, scripted("exec sleep 60"), { signal: AbortSignal.timeout(200) });
    expect(report.checks[0]!.reason).toContain("stopped by the user");
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("the starting line", () => {
  const boots = (seconds: number, mark: string) =>
    `read job; sleep ${seconds}; touch ${mark}; echo '{"ready":true}'; read go; ` +
    `[ "$go" = go ] && ls ${folder}/line-* | wc -l | sed 's/.*/{"id":"0","outcome":"ok","ttl":&}/;p;s/"0"/"1"/'; ` +
    `echo '{"done":true}'`;
  /** host01 boots at once, host02 needs a while; nothing is probed from router and internet. */
  const lab =
    (host02: string): NodeExec =>
    ({ name }) => {
      if (!name.startsWith("host"))
        return ["sh", "-c", `read job; touch ${folder}/line-${name}; echo '{"ready":true}'; echo '{"done":true}'`];
      return ["sh", "-c", name === "host01" ? boots(0, `${folder}/line-host01`) : host02];
    };
  const two = [expectation(), expectation({ from: "host02/web", to: "host01/web" })];
  const told: string[] = [];
  const options = { readyFile: "/ready", tell: (line: string) => told.push(line) };

  test("no probe starts before every node has booted, and a long wait is explained", async () => {
    const report = await run(two, lab(boots(2.2, `${folder}/line-host02`)), options);
    // The stand-in tells, as a TTL, how many nodes had booted when it was told to start.
    expect(report.checks.map(({ observed }) => observed.ttl)).toEqual([4, 4]);
    expect(told).toEqual(["waiting for host02 to finish its boot"]);
  });

  test("a node that can't be asked is not waited for", async () => {
    const gone = "echo 'Error response from daemon: No such container: x' >&2; exit 1";
    const report = await run(two, lab(gone), options);
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(["pass", "error"]);
    expect(report.troubles.map(({ node, kind }) => `${node} ${kind}`)).toEqual(["host02 absent"]);
    expect(report.durationMs).toBeLessThan(2_000);
  });

  test("a node that nothing is probed from is told of when it is down", async () => {
    const exec: NodeExec = (node) =>
      node.name === "router"
        ? ["sh", "-c", "echo 'Container 1 is paused' >&2; exit 1"]
        : lab(boots(0, "/dev/null"))(node);
    const report = await run(two, exec, options);
    expect(report.troubles).toEqual([
      { node: "router", kind: "down", reason: "router does not run: Container 1 is paused" },
    ]);
  });
});

describe("finding out why", () => {
  const calls = (script: string) => {
    const asked: string[] = [];
    const exec: NodeExec = ({ name }) => {
      asked.push(name);
      return ["sh", "-c", script];
    };
    return { asked, exec };
  };
  const failing = `read job; echo '{"id":"0","outcome":"timeout"}'; echo '{"done":true}'`;

  test("costs nothing when all is well, and nothing when it is not asked for", async () => {
    const well = calls(`read job; echo '{"id":"0","outcome":"ok"}'; echo '{"done":true}'`);
    await run(here, well.exec, { diagnose: true });
    expect(well.asked).toEqual(["host01"]);
    const ill = calls(failing);
    await run(here, ill.exec);
    expect(ill.asked).toEqual(["host01"]);
  });

  test("captures that say nothing leave the report as it is", async () => {
    const ill = calls(failing);
    const report = await run(here, ill.exec, { diagnose: true });
    expect(ill.asked.slice(1)).toEqual(["internet", "router", "host01", "host02"]);
    expect(report.summary.failed).toBe(1);
  });

  test("a node that does not run is a finding without any capture", async () => {
    const gone: NodeExec = () => ["sh", "-c", "echo 'Container x is not running' >&2; exit 1"];
    const { findings } = await run(here, gone, { diagnose: true });
    expect(findings).toMatchObject([{ node: "host01", place: "host01", checks: [here[0]!.id] }]);
    expect(findings[0]!.cause).toContain("host01 does not run");
  });

  test("facts are found at their pods", async () => {
    const facts = [{ name: "web.pause", id: "abc", addresses: ["192.168.20.9"], netns: 7 }];
    const id = "fact addresses host01/web";
    const check = expectation({
      kind: "fact",
      id,
      to: "host01/web",
      expected: { outcome: "ok", value: "192.168.20.2" },
    });
    const { findings } = await run([check], says({ facts }, done), { diagnose: true });
    expect(findings).toMatchObject([{ node: "host01", place: "host01/web", checks: [id] }]);
  });
});

describe("converging", () => {
  /** Says timeout at its first call, ok at the second. */
  const second = (name: string) => {
    const mark = join(folder, name);
    return scripted(
      `read job; if [ -e ${mark} ]; then o=ok; else o=timeout; touch ${mark}; fi; echo "{\\"id\\":\\"0\\",\\"outcome\\":\\"$o\\"}"; echo '{"done":true}'`,
    );
  };

  test("without it there is exactly one try", async () => {
    const report = await run(here, second("once"));
    expect(report.summary.failed).toBe(1);
    expect(report).not.toHaveProperty("convergedAfterMs");
  });

  test("with it failures are tried again, and the report says how long it took", async () => {
    const report = await run(here, second("twice"), { convergeWithinMs: 5_000 });
    expect(report.summary.passed).toBe(1);
    expect(report.convergedAfterMs).toBeGreaterThanOrEqual(500);
  });

  test("a lab that was right at once did not have to converge", async () => {
    const report = await run(here, says({ id: "0", outcome: "ok" }, done), { convergeWithinMs: 5_000 });
    expect(report).not.toHaveProperty("convergedAfterMs");
  });

  test("what never comes right fails within the time", async () => {
    const report = await run(here, says({ id: "0", outcome: "no-route" }, done), { convergeWithinMs: 700 });
    expect(report.summary.failed).toBe(1);
    expect(report.durationMs).toBeLessThan(5_000);
  });
});

describe("filter", () => {
  const all = [
    expectation(),
    expectation({ kind: "icmp" }),
    expectation({ from: "host01/db", kind: "icmp", to: "internet" }),
  ];
  const silent = says(done);
  const idsFor = async (filter: VerifyOptions["filter"] & object) =>
    (await run(all, silent, { filter })).checks.map(({ id }) => id);

  test("by source, target and kind; a star stands for anything", async () => {
    expect(await idsFor({ from: "host01/web" })).toEqual([all[0]!.id, all[1]!.id]);
    expect(await idsFor({ from: "host01/*", kind: "icmp" })).toEqual([all[1]!.id, all[2]!.id]);
    expect(await idsFor({ to: "internet" })).toEqual([all[2]!.id]);
  });

  test("several names, with commas; each must match something", async () => {
    expect(await idsFor({ kind: "tcp,icmp", from: "host01/web" })).toEqual([all[0]!.id, all[1]!.id]);
    expect(await idsFor({ from: "host01/db,host01/w*" })).toHaveLength(3);
    await expect(idsFor({ kind: "icmp,tpc" })).rejects.toThrow("--kind tpc matches no check");
  });

  test("the report says how much was left out", async () => {
    const leftOut = [{ reason: "beyond the limit", count: 7 }];
    expect((await run(all, silent, { leftOut })).leftOut).toEqual(leftOut);
    const filtered = await run(all, silent, { filter: { kind: "tcp" }, leftOut });
    expect(filtered.leftOut).toEqual([{ reason: "by the filter", count: 9 }]);
  });

  test("nothing to check is bad input, and says what there is", async () => {
    await expect(idsFor({ to: "host9" })).rejects.toThrow(
      "--to host9 matches no check; it may be one of host02/web, internet",
    );
    await expect(idsFor({ to: "internet", kind: "tcp" })).rejects.toThrow("--to internet --kind tcp together");
    await expect(run([], silent)).rejects.toThrow("nothing to check");
  });
});
