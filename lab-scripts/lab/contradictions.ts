/** Entries of `expect:` that the lab as configured will not meet, told before anything is built or probed. */

import { userExpectations } from "../../infra/expect/userExpectations.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";

export function tellContradictions(plan: LabPlan): void {
  for (const { path, message } of userExpectations(plan, plan.expect ?? []).contradictions) {
    process.stderr.write(`podlab: ${path} contradicts the model: ${message}\n`);
  }
}
