/** What a command ends with. */
export const EXIT = {
  asExpected: 0,
  notAsExpected: 1,
  /** The lab is not there, or a probe could not run: nothing was proved either way. */
  notProved: 2,
  badInput: 3,
} as const;
