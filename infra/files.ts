/** Files that may be absent, or not for us to read. */
import { readFileSync } from "node:fs";

/** Returns a file's text; an empty one where it can't be read. */
export function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Returns what a file of JSON says; undefined where it is absent or broken. */
export function jsonIn<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}
