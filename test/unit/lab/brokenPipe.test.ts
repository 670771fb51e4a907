import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const CLI = join(import.meta.dirname, "../../../lab-scripts/cli.ts");

test("a reader that has read enough ends a command without a stack trace", async () => {
  // The reader is gone before anything is written.
  const command = `{ sleep 0.5; "$0" "$1" --help; echo "ended with $?" >&2; } | true`;
  const { stderr } = await execa("sh", ["-c", command, process.execPath, CLI]);
  expect(stderr).toBe("ended with 141");
});
