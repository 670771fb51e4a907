/** Pulumi's state of a stack, as far as podlab reads it: a file of this clone. */
import { readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { z } from "zod";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import { ROOT, stateFile } from "./project.ts";

const stateSchema = z.object({
  checkpoint: z.object({
    latest: z
      .object({
        resources: z.array(z.object({ id: z.string().optional() })).nullish(),
        pending_operations: z.array(z.object({ type: z.string() })).nullish(),
      })
      .nullish(),
  }),
});

export interface StackState {
  /** Of everything that Pulumi knows it made. */
  readonly ids: ReadonlySet<string>;
  /** Whether a run was killed in the middle of making, changing or removing something. */
  readonly interrupted: boolean;
}

/** @throws Failure (exit code 2) when the state can't be read: what to do about it */
export function readState(stack: string): StackState {
  let text: string;
  try {
    text = readFileSync(stateFile(stack), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { ids: new Set(), interrupted: false };
    throw unreadable(stack, (error as Error).message);
  }
  const parsed = stateSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw unreadable(stack, text.trim() === "" ? "it is empty" : "it is cut off, or no state of Pulumi's");
  }
  const { latest } = parsed.data.checkpoint;
  return {
    ids: new Set((latest?.resources ?? []).flatMap(({ id }) => id ?? [])),
    interrupted: (latest?.pending_operations ?? []).length > 0,
  };
}

export function unreadable(stack: string, why: string): Failure {
  return new Failure(
    EXIT.notProved,
    `Pulumi's state of stack ${stack} can't be read (${relative(ROOT, stateFile(stack))}: ${why}); npm stop -- ${stack} ` +
      "removes the lab by its labels and forgets the state, then npm start builds it anew",
  );
}

/** Drops a state that not even Pulumi can drop. */
export function dropState(stack: string): void {
  const file = stateFile(stack);
  for (const one of [file, `${file}.attrs`, `${file}.bak`, `${file}.bak.attrs`]) rmSync(one, { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
