/** Which hosts ask which: in a large lab not each one each other, for that is the square of their number. */
import type { LabPlan } from "../plan/plan.ts";

/** Labs of up to so many hosts have each pair tried. */
export const ALL_PAIRS = 64;

/**
 * Returns whether something on a host asks something on another one. In a lab of more than 64 hosts each host asks itself and those
 * 1, 2, 4, 8 … places further in the list: as many as the number's logarithm, and each is asked by as many.
 * @param turn with another one the distances are others
 */
export function hostPairs({ nodes }: LabPlan, turn = 0): (from: string, to: string | undefined) => boolean {
  const hosts = nodes.filter(({ role }) => role === "host").map(({ name }) => name);
  const count = hosts.length;
  if (count <= ALL_PAIRS) return () => true;
  const places = new Map(hosts.map((name, at) => [name, at]));
  const doublings = Array.from({ length: Math.ceil(Math.log2(count)) }, (_, power) => 2 ** power);
  const distances = new Set([0, ...doublings.map((distance) => ((distance - 1 + turn) % (count - 1)) + 1)]);
  return (from, to) => {
    const [one, other] = [places.get(from), to === undefined ? undefined : places.get(to)];
    return one === undefined || other === undefined || distances.has((other - one + count) % count);
  };
}
