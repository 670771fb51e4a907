/** Which of the expectations a run looks at: `--from host01/web --to internet --kind tcp`. */
import type { CheckKind, Expectation } from "../../infra/model/check.ts";

/** A name stands for itself; `*` in it for anything: `host01/*`. A field that is absent lets everything through. */
export interface Filter {
  readonly from?: string;
  readonly to?: string;
  readonly kind?: string;
}

/** Bad input: nothing would be probed. */
export class NothingToCheck extends Error {
  override readonly name = "NothingToCheck";
}

/**
 * The numbers of the expectations that the filter lets through.
 * @throws NothingToCheck naming the field and what it could be
 */
export function select(expectations: readonly Expectation[], filter: Filter): number[] {
  if (expectations.length === 0) throw new NothingToCheck("the lab has nothing to check: no expectation was computed");
  for (const field of ["from", "to", "kind"] as const) {
    const pattern = filter[field];
    if (pattern === undefined || expectations.some((one) => matches(pattern, one[field]))) continue;
    const known = [...new Set(expectations.map((one) => one[field]))];
    const some = known.slice(0, 12).join(", ") + (known.length > 12 ? `, and ${known.length - 12} more` : "");
    throw new NothingToCheck(`--${field} ${pattern} matches no check; it may be one of ${some}, or hold a *`);
  }
  const numbers = expectations.flatMap((one, number) => (passes(filter, one) ? [number] : []));
  if (numbers.length > 0) return numbers;
  const written = Object.entries(filter).map(([field, pattern]) => `--${field} ${pattern}`);
  throw new NothingToCheck(`no check matches ${written.join(" ")} together; each of them alone matches some`);
}

function passes(filter: Filter, expectation: { from: string; to: string; kind: CheckKind }): boolean {
  return (["from", "to", "kind"] as const).every((field) => matches(filter[field] ?? "*", expectation[field]));
}

function matches(pattern: string, name: string): boolean {
  const expression = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${expression.join(".*")}$`).test(name);
}
