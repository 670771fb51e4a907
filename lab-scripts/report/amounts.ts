/** Numbers in words, the same in the terminal, the files and the page. */

/** `4,032` */
export const amount = (value: number): string => value.toLocaleString("en");

/** `1 check`, `4,032 checks` */
export const plural = (count: number, one: string): string => `${amount(count)} ${one}${count === 1 ? "" : "s"}`;

/** `0.34 s`, `31.2 s` */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1).replace(/\.?0+$/, "")} s`;
}

/** What did not pass, each in a few words: `82 failed`, `3 could not be probed`. */
export function failures({ failed, errors }: { readonly failed: number; readonly errors: number }): string[] {
  return [
    ...(failed > 0 ? [`${amount(failed)} failed`] : []),
    ...(errors > 0 ? [`${amount(errors)} could not be probed`] : []),
  ];
}

/** `2 nodes could not be asked`; nothing when all could. */
export const unasked = (troubles: readonly unknown[]): string[] =>
  troubles.length > 0 ? [`${plural(troubles.length, "node")} could not be asked`] : [];
