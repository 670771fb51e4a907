/** Which of the expectations a run looks at: `--from host01/web --to internet --kind icmp,tcp --family 6`. */
import type { Expectation } from "../../infra/expect/check.ts";
import { EXIT, Failure } from "../exit.ts";

/** Names with commas between them; `*` in one stands for anything: `host01/*`. A field that is absent lets everything through. */
export interface Filter {
  readonly from?: string;
  readonly to?: string;
  readonly kind?: string;
  /** `4` or `6`. */
  readonly family?: string;
}

const FIELDS = ["from", "to", "kind", "family"] as const;

type Filtered = Pick<Expectation, "from" | "to" | "kind" | "family">;

const fieldOf = (one: Filtered, field: (typeof FIELDS)[number]): string =>
  field === "family" ? String(one.family ?? 4) : one[field];

/** Bad input: nothing would be probed. */
export class NothingToCheck extends Failure {
  constructor(message: string) {
    super(EXIT.badInput, message);
  }
}

/**
 * The numbers of the expectations that the filter lets through.
 * @throws NothingToCheck naming the field and what it could be
 */
export function select(expectations: readonly Expectation[], filter: Filter): number[] {
  if (expectations.length === 0) throw new NothingToCheck("the lab has nothing to check: no expectation was computed");
  for (const { field, patterns = [] } of compiled(filter)) {
    for (const { pattern, passes } of patterns) {
      if (expectations.some((one) => passes(fieldOf(one, field)))) continue;
      const known = [...new Set(expectations.map((one) => fieldOf(one, field)))];
      const some = known.slice(0, 12).join(", ") + (known.length > 12 ? `, and ${known.length - 12} more` : "");
      throw new NothingToCheck(`--${field} ${pattern} matches no check; it may be one of ${some}, or hold a *`);
    }
  }
  const lets = passing(filter);
  const numbers = [...expectations.keys()].filter((number) => lets(expectations[number]!));
  if (numbers.length > 0) return numbers;
  const written = Object.entries(filter).map(([field, pattern]) => `--${field} ${pattern}`);
  throw new NothingToCheck(`no check matches ${written.join(" ")} together; each of them alone matches some`);
}

/** Returns the filter as a test; one that is empty lets everything through. */
export function passing(filter: Filter): (one: Filtered) => boolean {
  const fields = compiled(filter);
  return (one) =>
    fields.every(({ field, patterns }) => patterns?.some(({ passes }) => passes(fieldOf(one, field))) ?? true);
}

export const isEmpty = (filter: Filter): boolean => FIELDS.every((field) => filter[field] === undefined);

const compiled = (filter: Filter) =>
  FIELDS.map((field) => ({ field, patterns: filter[field]?.split(",").map(matcher) }));

/** A name with stars as a test of names. */
function matcher(pattern: string): { readonly pattern: string; readonly passes: (name: string) => boolean } {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}$`);
  // Thousands of checks have few names.
  const known = new Map<string, boolean>();
  const passes = (name: string) => {
    let passed = known.get(name);
    if (passed === undefined) {
      passed = expression.test(name);
      known.set(name, passed);
    }
    return passed;
  };
  return { pattern, passes };
}
