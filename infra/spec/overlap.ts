import type { Subnet } from "./address.ts";
import type { Problem } from "./problem.ts";

/**
 * Returns the problem of a subnet that meets another one.
 * @param owner whose the other is: a place in the config, `Docker network bridge`, `loopback`
 * @param free a subnet to propose; undefined where there is none
 */
export function overlap(
  path: string,
  subnet: Subnet,
  other: { readonly subnet: Subnet; readonly owner: string },
  free: Subnet | undefined,
): Problem {
  const message = `${subnet} overlaps ${other.owner} ${other.subnet}; choose ${free ?? "another"}`;
  return { path, message, ...(free ? { instead: String(free) } : {}) };
}
