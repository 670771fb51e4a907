import type { Report } from "./schema.ts";

/**
 * What is made of a report's checks, kept as long as they are. `npm start` writes a report twice, the second time with what is
 * known only when Pulumi has ended: that is not one of its checks.
 */
export function oncePerChecks<T>(make: (report: Report) => T): (report: Report) => T {
  const kept = new WeakMap<Report["checks"], T>();
  return (report) => {
    const made = kept.get(report.checks) ?? make(report);
    kept.set(report.checks, made);
    return made;
  };
}
