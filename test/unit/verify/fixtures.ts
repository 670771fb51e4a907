/** A small lab and made-up results for the tests of verification. */
import type { CheckResult, Expectation, Result } from "../../../infra/expect/check.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { type ReportParts, reportOf } from "../../../lab-scripts/report/report.ts";
import type { Report } from "../../../lab-scripts/report/schema.ts";

/** host01 and host02, each with the pods web (192.168.20.2, 192.168.30.2) and db (….3), as in the article. */
export function articlePlan(): LabPlan {
  const hosts = ["192.168.20.0/24", "192.168.30.0/24"].map((podSubnet, at) => ({
    name: `host0${at + 1}`,
    podSubnet,
    pods: [{ name: "web" }, { name: "db" }],
  }));
  return planLab(readLab({ hosts }, "test"));
}

export function expectation(changes: Partial<Expectation> = {}): Expectation {
  const whole: Expectation = {
    id: "",
    kind: "tcp",
    from: "host01/web",
    to: "host02/web",
    address: "192.168.30.2",
    expected: { outcome: "ok" },
    origin: "model",
    ...changes,
  };
  const port = changes.kind === undefined || /tcp|udp/.test(changes.kind) ? { port: 80 } : {};
  return { ...port, ...whole, id: changes.id ?? `${whole.kind} ${whole.from} -> ${whole.to}` };
}

export function result(
  changes: Partial<Expectation> = {},
  observed: CheckResult["observed"] = { outcome: "ok" },
  verdict: CheckResult["verdict"] = "pass",
): CheckResult {
  const reason = verdict === "pass" ? "" : `because of ${observed.outcome}`;
  return { expectation: expectation(changes), observed, verdict, reason };
}

export function report(checks: readonly CheckResult[], changes: Partial<ReportParts> = {}): Report {
  return reportOf({
    lab: "routed",
    startedAt: new Date("2025-01-02T03:04:05Z"),
    durationMs: 1234,
    silenceMs: 2000,
    checks,
    troubles: [],
    leftOut: [],
    ...changes,
  });
}

/** One check of each verdict, with everything that a report can hold. */
export function mixedReport(): Report {
  const seen: Result = { outcome: "ok", sourceSeen: "192.168.20.2", ttl: 61, identity: "host02/web:app" };
  return report(
    [
      result({ expected: seen }, { ...seen, rttMs: 1.5 }),
      result(
        { kind: "icmp", to: "internet", address: "203.0.113.2" },
        { outcome: "timeout", detail: "4 requests" },
        "fail",
      ),
      result({ from: "host02/web", to: "host01/web" }, { outcome: "probe-error", detail: "no <raw> socket" }, "error"),
      result(
        { kind: "path", expected: { outcome: "ok", hops: ["192.168.20.1", "10.0.0.1"] } },
        { outcome: "ok", hops: ["192.168.20.1", "*"], ttl: 61 },
        "fail",
      ),
      result({ kind: "mtu", expected: { outcome: "ok", mtu: 1500 } }, { outcome: "ok", mtu: 1500 }),
      result(
        {
          kind: "fact",
          id: "fact addresses host01/web",
          expected: { outcome: "ok", value: "192.168.20.2" },
          origin: "article",
        },
        { outcome: "ok", value: "192.168.20.2" },
      ),
      result({ kind: "tcp-closed", expected: { outcome: "refused", icmpFrom: "10.0.0.1" } }, { outcome: "refused" }),
    ],
    {
      findings: [
        {
          cause: "left host01 eth0, arrived at router (host01-net), never left it: router has no route to <there>",
          node: "router",
          place: "router (host01-net)",
          evidence: ["router: ip route: empty"],
          checks: ["icmp host01/web -> internet"],
        },
      ],
      troubles: [{ node: "host02", kind: "down", reason: "host02 does not run: Container 12 is not running" }],
      leftOut: [{ reason: "by the filter", count: 12 }],
      provisioning: {
        durationMs: 7000,
        steps: [
          { name: "host01", durationMs: 3000 },
          { name: "pod & co", durationMs: 4000, error: "no image" },
        ],
      },
      convergedAfterMs: 900,
    },
  );
}
