import { createHash } from "node:crypto";

/** Sixteen digits that tell a thing from any other, as JSON has it: the order of keys counts. */
export function fingerprint(of: unknown): string {
  return createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 16);
}
