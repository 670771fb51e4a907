/** What a command ends with. */
export const EXIT = {
  asExpected: 0,
  notAsExpected: 1,
  /** The lab is not there, or a probe could not run: nothing was proved either way. */
  notProved: 2,
  badInput: 3,
} as const;

/** Ends a command with a message for the user and an exit code. An empty message: all has been said. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
  }
}
