import { statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Whether a file holds a network namespace: one is mounted on it, so it lies on another file system than its folder.
 * Docker unmounts a namespace with its container, and clears the empty file away within a minute.
 */
export function holdsNamespace(path: string): boolean {
  try {
    return statSync(path).dev !== statSync(dirname(path)).dev;
  } catch {
    return false;
  }
}
