/** The middle of some numbers; of an even count the lower middle, so that it is one that was measured. */
export function median(numbers: readonly number[]): number {
  if (numbers.length === 0) throw new Error("no median of nothing");
  return numbers.toSorted((one, other) => one - other)[Math.floor((numbers.length - 1) / 2)]!;
}
