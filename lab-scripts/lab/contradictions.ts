/** Entries of `expect:` that the lab as configured will not meet, told before anything is built or probed. */
import type { LabPlan } from "../../infra/model/plan.ts";
import { userExpectations } from "../../infra/model/userExpectations.ts";

export function tellContradictions(plan: LabPlan): void {
  for (const { path, message } of userExpectations(plan, plan.expect ?? []).contradictions) {
    process.stderr.write(`podlab: ${path} contradicts the model: ${message}\n`);
  }
}
