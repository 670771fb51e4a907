/**
 * A stack of this project: what Pulumi knows of it, by Pulumi's own commands, and its `up` with the lab's program in this process, by the
 * Automation API (https://www.pulumi.com/docs/iac/automation-api/), which takes half a second to load.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { PulumiFn, Stack, UpOptions } from "@pulumi/pulumi/automation/index.js";
import { commandLine } from "../../infra/home.ts";
import { READABLE } from "../../infra/machine/command.ts";
import { dockerEndpoint } from "../../infra/machine/endpoint.ts";
import { EXIT, Failure } from "../exit.ts";
import type { Toolchain } from "../setup/setup.ts";
import { beingChanged, isAtWork, lockIn } from "./lock.ts";
import { workspace } from "./workspace.ts";

/** A state as `pulumi stack export` prints it. */
interface Exported {
  readonly deployment: {
    readonly resources?: readonly { readonly id?: string; readonly type: string; readonly outputs?: Outputs }[];
    readonly pending_operations?: readonly unknown[];
  } | null;
}

type Outputs = Readonly<Record<string, unknown>>;

export class PulumiStack {
  readonly name: string;
  readonly #tools: Toolchain;

  constructor(tools: Toolchain, name: string) {
    this.#tools = tools;
    this.name = name;
  }

  /** Returns the stacks of this project that Pulumi knows; none where it can't tell. */
  static async all(tools: Toolchain): Promise<PulumiStack[]> {
    const { ok, printed } = await new PulumiStack(tools, "").#run(["stack", "ls", "--json"]);
    const listed = ok ? (JSON.parse(printed) as { name: string }[]) : [];
    return listed.map(({ name }) => new PulumiStack(tools, name));
  }

  /** Has Pulumi make it. @returns whether it did; otherwise there is one already. @throws Failure as below */
  init(): Promise<boolean> {
    return this.unlocked(async () => {
      const made = await this.#run(["stack", "init", this.name]);
      if (made.ok || /stack.*already exists/.test(made.said)) return made.ok;
      throw whyFailed(made.said);
    });
  }

  /** Returns what Pulumi keeps of it; undefined where it knows no such stack. @throws Error when it can't be read */
  async state(): Promise<StackState | undefined> {
    const asked = await this.#run(["stack", "export", ...this.#named]);
    if (asked.ok) return new StackState(this, JSON.parse(asked.printed) as Exported);
    if (/no stack named.*found/.test(asked.said)) return undefined;
    throw whyFailed(asked.said);
  }

  /** @throws Failure (exit code 2) when another Pulumi is at work */
  replaceState(exported: object): Promise<void> {
    return this.#change(["stack", "import", ...this.#named], JSON.stringify(exported));
  }

  /** Has Pulumi forget the stack; its config stays. @throws Failure as above */
  forget(): Promise<void> {
    return this.#change(["stack", "rm", "--yes", "--force", "--preserve-config", this.name]);
  }

  /** Returns it with the program of its `up`. */
  async withProgram(program: PulumiFn): Promise<Stack> {
    Object.assign(process.env, this.#tools.env); // its Pulumi comes first on its PATH
    const { LocalWorkspace, PulumiCommand, Stack } = await import("@pulumi/pulumi/automation/index.js");
    const { env: envVars } = this.#tools;
    const pulumiCommand = await PulumiCommand.get({ skipVersionCheck: true });
    const local = await LocalWorkspace.create({ workDir: await workspace(), pulumiCommand, envVars, program });
    // A stack asks its workspace (Pulumi's public interface of that name) to look for it first, and for its outputs at the end, by three
    // commands, a second together: openStack has looked, and nobody reads the outputs.
    return Stack.select(
      this.name,
      Object.assign(local, { selectStack: async () => {}, stackOutputs: async () => ({}) }),
    );
  }

  /** @throws Failure as above; Error of Pulumi */
  async up(stack: Stack, options: UpOptions): Promise<void> {
    await this.unlocked(() => stack.up({ ...options, showSecrets: false }));
  }

  /**
   * Does something that takes Pulumi's lock, also where a Pulumi that was killed has left it.
   * @throws Failure (exit code 2) when another Pulumi is at work
   */
  async unlocked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const lock = lockIn((error as Error).message);
      if (lock === undefined) throw error;
      if (isAtWork(lock)) throw beingChanged(this.name, lock.pid, lock.since);
      await this.#run(["cancel", "--yes", ...this.#named]);
      return await work();
    }
  }

  async #change(args: readonly string[], input = ""): Promise<void> {
    await this.unlocked(async () => {
      const { ok, said } = await this.#run(args, input);
      if (!ok) throw whyFailed(said);
    });
  }

  get #named(): readonly string[] {
    return ["--stack", this.name];
  }

  /** In a process group of its own: of Ctrl-C at a terminal only this process hears, which waits for what it has begun. */
  async #run(args: readonly string[], input = ""): Promise<{ ok: boolean; printed: string; said: string }> {
    const { pulumi, env } = this.#tools;
    const child = spawn(pulumi, [...args, "--non-interactive"], {
      cwd: await workspace(),
      env: { ...process.env, ...env, ...READABLE },
      detached: true,
    });
    child.stdin.on("error", () => {}).end(input); // one that has failed reads no more
    const [[code], printed, said] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
    return { ok: code === 0, printed, said };
  }
}

/** The ids of all that Pulumi knows it made. */
export type KnownIds = ReadonlySet<string>;

/** What Pulumi keeps of a stack. */
export class StackState {
  readonly #stack: PulumiStack;
  readonly #exported: Exported;

  constructor(stack: PulumiStack, exported: Exported) {
    this.#stack = stack;
    this.#exported = exported;
  }

  get ids(): KnownIds {
    // The Command that makes a segment prints the id of its network. One that was a resource of Docker's provider is made anew.
    const made = this.#resources.filter(({ type }) => type !== "docker:index/network:Network");
    return new Set(made.flatMap(({ id, outputs }) => [id, outputs?.stdout].filter((one) => typeof one === "string")));
  }

  /** The id of the engine that it was last built on (infra/outputs.ts); undefined where it never was as a whole. */
  get engine(): unknown {
    return this.#resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.engine;
  }

  /** Takes Pulumi's lock, and gives it back. @throws Failure (exit code 2) when another Pulumi is at work */
  tryLock(): Promise<void> {
    // Importing what was just exported is the one command that takes the lock and changes nothing.
    return this.#stack.replaceState(this.#exported);
  }

  /**
   * Clears Pulumi's notes of operations that were cut off: what they were about to make is removed by its labels, what they were about to
   * change or remove is looked at anew in every run (Pulumi.yaml, refresh).
   */
  async clearPending(): Promise<void> {
    const { pending_operations: pending, ...deployment } = this.#exported.deployment ?? {};
    if (pending?.length) await this.#stack.replaceState({ ...this.#exported, deployment });
  }

  get #resources() {
    return this.#exported.deployment?.resources ?? [];
  }
}

/**
 * Opens the stack for an `up`: makes it where Pulumi does not know it. @param isNew whether that is to be expected: nothing of it is there
 * @param engine the id of the engine that is asked
 * @returns the ids of what Pulumi made
 * @throws Failure (exit code 2) when its state can't be read, or it was built on another engine
 */
export async function openStack(stack: PulumiStack, isNew: boolean, engine: string): Promise<KnownIds> {
  if (isNew && (await stack.init())) return new Set();
  const state = await stack.state().catch((error: Error) => {
    throw new Failure(
      EXIT.notProved,
      `Pulumi's state of stack ${stack.name} can't be read (${error.message}); ${commandLine("stop", stack.name)} removes the lab and the state`,
    );
  });
  if (state === undefined) await stack.init();
  else if (isNew) refuseOtherEngine(stack.name, state.engine, engine);
  await state?.clearPending();
  return state?.ids ?? new Set();
}

/**
 * Refuses to go on without the lab that a stack has somewhere else. @param built the id of the engine that it was built on, where there is one
 * @throws Failure (exit code 2)
 */
export function refuseOtherEngine(stack: string, built: unknown, engine: string): void {
  if (built === undefined || built === engine) return;
  throw new Failure(
    EXIT.notProved,
    `nothing of stack ${stack} is on the Docker engine at ${dockerEndpoint().host}: it was built on another one. Name that by ` +
      `DOCKER_HOST or docker context use; where it is gone for good: ${commandLine("pulumi", "stack rm --force --stack", stack)}`,
  );
}

/** Says of the many words of a command that failed the last that it calls an error; of a lock all, for its holder is named below. */
function whyFailed(said: string): Error {
  if (lockIn(said)) return new Error(said);
  return new Error([...said.matchAll(/^error: (.*)$/gm)].at(-1)?.[1] ?? said.trim().split("\n")[0] ?? "it failed");
}
