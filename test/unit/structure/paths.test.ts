/** Every path that a comment or a document names is there. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const PATH = /(?<![\w./-])(?:infra|lab-scripts|test|bench|docs|examples)\/[\w./-]*\w/g;
/** A placeholder such as infra/stacks/Pulumi.STACK.yaml, or a name that a run makes. */
const MADE_UP = /[A-Z]{3,}|Pulumi\.(test|bench)|docs\/(take|tmp)/;

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(ts|mjs|py|sh|md|yaml|go)$|Dockerfile$/.test(file) && existsSync(join(ROOT, file)));

const named = files.flatMap((file) =>
  readFileSync(join(ROOT, file), "utf8")
    .split("\n")
    .filter((line) => file.endsWith(".md") || /^\s*(\/\*\*?|\*|\/\/|#)/.test(line))
    .flatMap((line) => [...line.matchAll(PATH)].map(([path]) => ({ file, path }))),
);

test("every path that a comment or a document names is there", () => {
  const lost = named.filter(({ path }) => !MADE_UP.test(path) && !existsSync(join(ROOT, path)));
  expect(lost).toEqual([]);
});
