/** Pulumi's state of a stack, as far as podlab reads it: a file of this clone. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";
import { unmarkUnnoted } from "../../infra/machine/unnoted.ts";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import { writeWhole } from "../verify/report/wholeFile.ts";
import { qualifiedName, ROOT, stateFile, stateFolders } from "./project.ts";

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

/**
 * Lets Pulumi know of a stack, as `pulumi stack init` does, which takes half a second for it: with this, its first line, that
 * command begins its state too. Complete at once: half a line would be a state that can't be read.
 */
export async function beginState(stack: string): Promise<void> {
  const file = stateFile(stack);
  mkdirSync(dirname(file), { recursive: true });
  await writeWhole(file, JSON.stringify({ version: 0, checkpoint: { stack: qualifiedName(stack) } }));
}

/**
 * Drops what Pulumi remembers of a stack, as `pulumi stack rm` does, and its history and backups, which that leaves to grow.
 * Only for a lab of which nothing is left. Without Pulumi: that wants to read what it removes, and takes half a second.
 */
export function dropState(stack: string): void {
  unmarkUnnoted(stack);
  for (const folder of stateFolders(stack)) rmSync(folder, { recursive: true, force: true });
  // Beside the state there may be its last version, and what a run that was killed had begun to write.
  const file = stateFile(stack);
  const beside = existsSync(dirname(file)) ? readdirSync(dirname(file)) : [];
  for (const name of beside) if (name.startsWith(basename(file))) rmSync(join(dirname(file), name), { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
