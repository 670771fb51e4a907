import { UserError } from "../../infra/spec/problem.ts";

/** What every step is given. */
export interface SetUpContext {
  /** The project's directory. */
  root: string;
  /** podlab's cache; see cache.ts. */
  cache: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Where Pulumi's releases are offered; a test puts a server of its own here. */
  pulumiSite: string;
  /** Where the releases of Pulumi's plugins are, a repository each. */
  pluginReleases: string;
}

/**
 * One thing that set-up sees to. `Found` says where it is once it is there.
 * Detect costs milliseconds, because every start pays for it: files, keys and sockets, no slow commands.
 */
export interface Step<Found = unknown> {
  name: string;
  /** Names of steps that must be done before this one can even be detected. */
  needs: readonly string[];
  /** What is there already, or undefined. */
  detect(context: SetUpContext): Promise<Found | undefined>;
  /**
   * Chooses the way to get it, before anything is done: asks what can be reached, with short time-outs.
   * @throws SetupError when there is no way
   */
  plan(context: SetUpContext): Promise<Way<Found>>;
}

/** A way to get something, chosen but not taken yet. */
export interface Way<Found = unknown> {
  /** What it does, as in "built from Go modules". */
  how: string;
  /** An honest guess, in seconds, on this machine. */
  seconds: number;
  /** What must not be made twice at once, on this machine: a lock of that name in the cache is held meanwhile. */
  lock: string;
  /** Steps that this way needs done first, besides those of its step. */
  after?: readonly string[];
  /** Takes it. Ends soon, with what it started, when `signal` aborts, and leaves what a later run can go on from. */
  run(progress: Progress, signal: AbortSignal): Promise<Found>;
}

/** How a way tells what it is at. */
export interface Progress {
  /** What it is doing now; the latest is shown while the step goes on. */
  at(what: string): void;
  /** Which way it came in the end, where the plan left that open. */
  took(how: string): void;
  /** Something the user must know even when the step is over. */
  note(what: string): void;
}

/**
 * Something that set-up can't do for the user. Its message is all that they are shown, so it names what is missing,
 * what was tried, and the exact command that mends it.
 */
export class SetupError extends UserError {}

/** Several of them as one, so that a user learns of everything at once. */
export function together(errors: readonly SetupError[]): SetupError {
  const [only] = errors;
  if (errors.length === 1 && only) return only;
  const parts = errors.map(({ message }, index) => `${index + 1}. ${message.replaceAll("\n", "\n   ")}`);
  return new SetupError(`${errors.length} things are missing that podlab can't set up by itself:\n${parts.join("\n")}`);
}
