/** Reports for pages: real plans and expectations; what was observed is what the model says of the lab under a fault. */

import { expectations } from "../../infra/expect/expectations.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import type { Finding } from "../../lab-scripts/diagnose/finding.ts";
import { aim } from "../../lab-scripts/faults/faults.ts";
import { reportOf } from "../../lab-scripts/report/report.ts";
import type { Report } from "../../lab-scripts/report/schema.ts";
import { judge } from "../../lab-scripts/verify/verdict.ts";
import { namesIn } from "../../lab-scripts/verify/wording.ts";

export function lab(hosts: number, podsPerHost: number, more: object = {}): LabPlan {
  return planLab(readLab({ hosts, podsPerHost, ...more }, "drawn"));
}

/** As many as podlab asks at most unless told to ask all. */
const MANY = { limit: 30_000 };

/** @param fault as on the command line: `route-withdraw 192.168.30.0/24`; none: all is as expected */
export function reportOn(plan: LabPlan, at: Date, fault?: string, cause?: Omit<Finding, "checks">): Report {
  const healthy = expectations(plan, MANY);
  const effect = fault === undefined ? undefined : aim(plan, fault.split(" ")).effect;
  const seen = new Map(
    (effect ? expectations(effect(plan), MANY) : healthy).expectations.map((one) => [one.id, one.expected]),
  );
  const nameOf = namesIn(plan);
  const checks = healthy.expectations.map((expectation) => {
    const observed = seen.get(expectation.id) ?? expectation.expected;
    return { expectation, observed, ...judge(expectation, { ...observed, control: "answered" }, nameOf) };
  });
  const failed = checks.filter(({ verdict }) => verdict !== "pass").map(({ expectation }) => expectation.id);
  return reportOf({
    lab: plan.lab,
    startedAt: at,
    durationMs: 340,
    silenceMs: 2000,
    checks,
    findings: cause && failed.length > 0 ? [{ ...cause, checks: failed }] : [],
    troubles: [],
    leftOut: healthy.leftOut,
  });
}
