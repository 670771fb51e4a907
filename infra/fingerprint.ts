import { createHash } from "node:crypto";

/** Returns sixteen digits that tell a thing from any other, as JSON has it: the order of keys counts. */
export function fingerprint(of: unknown): string {
  return sha256(JSON.stringify(of)).slice(0, 16);
}

/** In hexadecimal digits. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
