/** One thing wrong with a spec. */

export interface Problem {
  /** Where, as one would write it in the config: `hosts[1].podSubnet`. */
  readonly path: string;
  /** The rule it breaks, and what would do instead. All that is proposed at once does together. */
  readonly message: string;
  /** The subnet that is proposed for the place. */
  readonly instead?: string;
}

/** Returns one problem, in the form that rules return: as many as there are. */
export const problemAt = (path: string, message: string): Problem[] => [{ path, message }];

/** So many problems are shown: more are the same mistake, made in many places. */
const MOST = 40;

/** What a user can mend. Its message says how, and is all that they are shown: any other error is podlab's own fault. */
export class UserError extends Error {}

/** Bad input. Its message lists the problems at once, a line each, ready to be shown to the user. */
export class SpecError extends UserError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.slice(0, MOST).map(({ path, message }) => `  ${path} ${message}`);
    if (problems.length > MOST) lines.push(`  … and ${problems.length - MOST} more`);
    super(`podlab:lab can't be built as written:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** A path of keys as a user would write it: ["hosts", 1, "name"] is `hosts[1].name`. */
export function pathText(keys: readonly PropertyKey[]): string {
  if (keys.length === 0) return "podlab:lab";
  return keys.map((key, at) => (typeof key === "number" ? `[${key}]` : `${at ? "." : ""}${String(key)}`)).join("");
}

/** Returns the first that is not taken. It then is: what is proposed twice would not do together. */
export function firstFree<T>(candidate: (n: number) => T, taken: Set<T | undefined>): T {
  let n = 0;
  while (taken.has(candidate(n))) n += 1;
  taken.add(candidate(n));
  return candidate(n);
}
