/** Who is changing a stack: Pulumi's file backend leaves a note while it works, and leaves it behind when it is killed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isAlive } from "../setup/lock.mjs";
import { lockDirectory } from "./project.ts";

export interface Holder {
  readonly pid: number;
  readonly since: string;
  readonly alive: boolean;
}

/** The holders of the stack's lock; none when it is free. */
export function lockHolders(stack: string): Holder[] {
  const directory = lockDirectory(stack);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith(".json"))
    .map((file) => {
      const note = JSON.parse(readFileSync(join(directory, file), "utf8")) as {
        pid: number;
        hostname: string;
        timestamp: string;
      };
      return { pid: note.pid, since: note.timestamp, alive: note.hostname !== hostname() || isAlive(note.pid) };
    });
}
