/** How two subnets that overlap are told, and what is proposed in place of one. */
import { Subnet } from "./address.ts";
import type { Problem } from "./problem.ts";

/** Where to look when the lab's own pool has no subnet left. */
const LAST_RESORT = { 4: new Subnet("10.0.0.0/8"), 6: new Subnet("fd00::/16") };

/** A subnet of the spec, and the pool and length of one that may stand in its place. */
interface PlacedSubnet {
  readonly path: string;
  readonly subnet: Subnet;
  readonly pool: Subnet;
  readonly size: number;
}

/**
 * Returns the problem of a subnet that meets another one. The free subnet that it proposes is then taken.
 * @param owner whose the other is: a place in the config, `Docker network bridge`, `loopback`
 */
export function overlap(
  { path, subnet, pool, size }: PlacedSubnet,
  other: { readonly subnet: Subnet; readonly owner: string },
  taken: Subnet[],
): Problem {
  const free = proposal(pool, size, taken);
  const message = `${subnet} overlaps ${other.owner} ${other.subnet}; choose ${free ?? "another"}`;
  return { path, message, ...(free ? { instead: String(free) } : {}) };
}

/** Returns a subnet that is not taken; it then is. */
export function proposal(pool: Subnet, prefix: number, taken: Subnet[]): Subnet | undefined {
  const free = freeSubnet(pool, prefix, taken) ?? freeSubnet(LAST_RESORT[pool.version], prefix, taken);
  if (free) taken.push(free);
  return free;
}

/** The lowest subnet of the pool that overlaps none of the taken ones; undefined when there is none. */
export function freeSubnet(pool: Subnet, prefix: number, taken: readonly Subnet[]): Subnet | undefined {
  const length = Math.max(prefix, pool.prefix);
  const others = taken.filter((other) => other.overlaps(pool));
  return pool
    .without(others)
    .find((free) => free.prefix <= length)
    ?.subnet(0, length);
}
