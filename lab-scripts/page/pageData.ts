/** What the page is given, as JSON in it. */
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { Finding } from "../diagnose/finding.ts";
import type { Report } from "../report/schema.ts";
import type { History } from "./history.ts";
import { type PackedChecks, pack } from "./packed.ts";

export interface PageData extends Omit<Report, "checks" | "findings"> {
  readonly plan: LabPlan;
  readonly checks: PackedChecks;
  readonly findings: readonly ShownFinding[];
  readonly history: History["runs"];
  /** The title of the captured walk in the page, where there is one. */
  readonly walk?: string;
}

export interface ShownFinding extends Omit<Finding, "checks"> {
  /** Numbers of checks. */
  readonly checks: readonly number[];
}

export function pageData(
  { checks, findings, ...report }: Report,
  plan: LabPlan,
  history: History,
  walk?: string,
): PageData {
  const { packed, numbers } = pack(checks, plan.netns);
  return {
    ...report,
    plan,
    checks: packed,
    findings: findings.map((finding) => ({
      ...finding,
      checks: finding.checks.flatMap((id) => numbers.get(id) ?? []),
    })),
    history: history.runs,
    ...(walk === undefined ? {} : { walk }),
  };
}
