/** What must be true of a lab while a fault lasts: the same walk over the changed namespaces, nothing written by hand. */

import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import { expectations } from "../../infra/expect/expectations.ts";
import { converged } from "../../infra/packet/bgp.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { LeftOut } from "../report/schema.ts";
import { isControl, sourceOf } from "../verify/control.ts";
import type { Aimed } from "./fault.ts";

export interface ExpectedUnderFault {
  /** The plan that the expectations are computed from. */
  readonly plan: LabPlan;
  readonly expectations: readonly Expectation[];
  readonly leftOut: readonly LeftOut[];
}

export function expectedUnder(fault: Aimed, healthy: LabPlan): ExpectedUnderFault {
  const broken = fault.effect(healthy);
  // What the user expects is about the lab without a fault.
  const unmet = broken === healthy ? [] : (healthy.expect ?? []);
  // Whoever speaks BGP withdraws what he can reach no more, and finds ways that are left.
  const plan = { ...broken, netns: converged(broken.netns), ...(unmet.length > 0 ? { expect: [] } : {}) };
  const computed = expectations(plan);
  const unasked = new Set(fault.unasked);
  const unread = new Set(fault.unread);
  const asked = computed.expectations.filter(
    ({ from, to, kind }) => !unasked.has(from) && !(kind === "fact" && unread.has(to)),
  );
  // An expected failure counts only when something else of its source is answered (verify/control.ts).
  const heard = new Set(asked.filter(isControl).map(sourceOf));
  const provable = asked.filter((one) => heard.has(sourceOf(one)));
  return {
    plan,
    expectations: provable,
    leftOut: [
      ...computed.leftOut,
      ...counted("of expect, which is about the lab without the fault", unmet.length),
      ...counted("whose source nobody can ask", computed.expectations.length - asked.length),
      ...counted("whose source hears nobody at all", asked.length - provable.length),
    ],
  };
}

const counted = (reason: string, count: number): LeftOut[] => (count > 0 ? [{ reason, count }] : []);

/** A check that ends otherwise than in the healthy lab. */
export interface Changed {
  readonly from: string;
  readonly to: string;
  readonly was: Expectation;
  readonly now: Expectation;
}

/** The checks whose outcome, source or way the fault changes. */
export function changedBy(fault: Aimed, healthy: LabPlan): Changed[] {
  const before = new Map(expectations({ ...healthy, expect: [] }).expectations.map((one) => [one.id, one]));
  return expectedUnder(fault, healthy).expectations.flatMap((now) => {
    const was = before.get(now.id);
    const same = was && JSON.stringify(resultsExpected(was)) === JSON.stringify(resultsExpected(now));
    return was && !same ? [{ from: now.from, to: now.to, was, now }] : [];
  });
}
