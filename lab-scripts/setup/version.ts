/** Compares dotted versions by number, as in `24.9.0` < `24.18.1`; a leading `v` or `go` and a suffix count for nothing. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** Whether `version` is `minimum` or newer. */
export function isAtLeast(version: string, minimum: string): boolean {
  return compareVersions(version, minimum) >= 0;
}

function numbers(version: string): number[] {
  const match = /\d+(\.\d+)*/.exec(version);
  if (!match) throw new RangeError(`"${version}" is not a version: expected digits such as 3.259.0`);
  return match[0].split(".").map(Number);
}
