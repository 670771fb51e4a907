/** A stack of this project by Pulumi's Automation API (https://www.pulumi.com/docs/iac/automation-api/). */

import {
  ConcurrentUpdateError,
  type Deployment,
  LocalWorkspace,
  type LocalWorkspaceOptions,
  PulumiCommand,
  type PulumiFn,
  type Stack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation/index.js";
import { commandLine } from "../../infra/home.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";
import type { Toolchain } from "../setup/setup.ts";
import { beingChanged, isAtWork, lockIn } from "./lock.ts";
import { PROJECT } from "./project.ts";
import { workspace } from "./workspace.ts";

const NO_PROGRAM: PulumiFn = async () => {};

export interface OpenedStack {
  readonly stack: Stack;
  /** Whether Pulumi did not know it. */
  readonly isNew: boolean;
}

/** Opens the stack, which is made when Pulumi does not know it. */
export async function openStack(tools: Toolchain, stackName: string, program: PulumiFn): Promise<OpenedStack> {
  const options = await optionsFor(tools);
  const args = { stackName, projectName: PROJECT, program };
  try {
    return { stack: await LocalWorkspace.selectStack(args, options), isNew: false };
  } catch (error) {
    if (!(error instanceof StackNotFoundError)) throw error;
    return { stack: await LocalWorkspace.createStack(args, options), isNew: true };
  }
}

/** The ids of all that Pulumi knows it made. */
export type KnownIds = ReadonlySet<string>;

/**
 * Returns what Pulumi knows of the stack, and clears its notes of operations that were cut off: what they were about to make is
 * removed by its labels, what they were about to change or remove is looked at anew in every run (Pulumi.yaml, refresh).
 * @throws Failure (exit code 2) when its state can't be read
 */
export async function knownIds({ stack, isNew }: OpenedStack): Promise<KnownIds> {
  if (isNew) return new Set();
  const exported = await stack.exportStack().catch((error: Error) => {
    throw unreadable(stack.name, error);
  });
  const { pending_operations: pending, ...deployment } = contentOf(exported);
  if (pending?.length) await unlocked(stack, () => stack.importStack({ ...exported, deployment }));
  return idsIn(exported);
}

interface Content {
  readonly resources?: readonly { readonly id?: string; readonly type: string; readonly outputs?: Outputs }[];
  readonly pending_operations?: readonly unknown[];
}

type Outputs = Readonly<Record<string, unknown>>;

const contentOf = ({ deployment }: Deployment): Content => deployment ?? {};
const idsIn = (exported: Deployment): KnownIds =>
  new Set((contentOf(exported).resources ?? []).flatMap(({ id }) => id ?? []));

/** What Pulumi keeps of a stack. */
export interface StackState {
  readonly ids: KnownIds;
  /** The id of the engine that it was last built on (infra/outputs.ts); undefined where it never was as a whole. */
  readonly engine: unknown;
  /** Takes Pulumi's lock, and gives it back. @throws Failure (exit code 2) when another Pulumi is at work */
  readonly tryLock: () => Promise<void>;
  /** Has Pulumi forget the stack; its config stays. @throws Failure as above */
  readonly forget: () => Promise<void>;
}

/** Returns undefined where there is none; or why it can't be read. */
export async function stateOf(
  tools: Toolchain,
  stackName: string,
): Promise<StackState | { readonly unreadable: string } | undefined> {
  try {
    const args = { stackName, projectName: PROJECT, program: NO_PROGRAM };
    const stack = await LocalWorkspace.selectStack(args, await optionsFor(tools));
    const exported = await stack.exportStack();
    const forget = () => stack.workspace.removeStack(stackName, { force: true, preserveConfig: true });
    return {
      ids: idsIn(exported),
      engine: contentOf(exported).resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.engine,
      // Importing what was just exported is the one command that takes the lock and changes nothing.
      tryLock: () => unlocked(stack, () => stack.importStack(exported)),
      forget: () => unlocked(stack, forget),
    };
  } catch (error) {
    return error instanceof StackNotFoundError ? undefined : { unreadable: saidBy(error as Error) };
  }
}

/**
 * Does something that takes Pulumi's lock, also where a Pulumi that was killed has left it.
 * @throws Failure (exit code 2) when another Pulumi is at work
 */
export async function unlocked<T>(stack: Pick<Stack, "name" | "cancel">, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConcurrentUpdateError)) throw error;
    const lock = lockIn(error.message);
    if (lock === undefined) throw error;
    if (isAtWork(lock)) throw beingChanged(stack.name, lock.pid, lock.since);
    await stack.cancel();
    return await work();
  }
}

async function optionsFor(tools: Toolchain): Promise<LocalWorkspaceOptions> {
  return { workDir: await workspace(), pulumiCommand: await commandOf(tools), envVars: tools.env };
}

/** The Pulumi of the toolchain comes first on its PATH. */
function commandOf({ env }: Toolchain): Promise<PulumiCommand> {
  Object.assign(process.env, env);
  return PulumiCommand.get({ skipVersionCheck: true });
}

function unreadable(stack: string, error: Error): Failure {
  return new Failure(
    EXIT.notProved,
    `Pulumi's state of stack ${stack} can't be read (${saidBy(error)}); ${commandLine("stop", stack)} removes the lab and the state`,
  );
}

/** Of the long message of a command that failed, what it said last. */
function saidBy({ message }: Error): string {
  const said = [...message.matchAll(/^error: (.*)$/gm)].map(([, text]) => text!);
  return said.at(-1) ?? message.split("\n")[0]!;
}
