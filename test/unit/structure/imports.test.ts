/** What may import what: infra never takes from lab-scripts, and no folder needs one that needs it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const IMPORT = /(?:from|import) "(\.[^"]+)"|import\("(\.[^"]+)"\)/g;

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "infra", "lab-scripts"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(ts|mjs)$/.test(file));

const imports = files.flatMap((file) =>
  [...readFileSync(join(ROOT, file), "utf8").matchAll(IMPORT)].map(([, one, other]) => ({
    file,
    imported: normalize(join(dirname(file), one ?? other!)),
  })),
);

test("infra imports nothing of lab-scripts", () => {
  expect(imports.filter(({ file, imported }) => file.startsWith("infra/") && !imported.startsWith("infra/"))).toEqual(
    [],
  );
});

test("no folder imports, by whatever detour, one that imports it", () => {
  const needs = new Map<string, Set<string>>();
  for (const { file, imported } of imports) {
    const [from, to] = [dirname(file), dirname(imported)];
    // A folder and what lies in it may know each other: a part of a whole.
    if (from !== to && !to.startsWith(`${from}/`) && !from.startsWith(`${to}/`)) {
      needs.set(from, (needs.get(from) ?? new Set()).add(to));
    }
  }
  const reached = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of needs.get(from) ?? []) if (!seen.has(next)) reached(next, seen.add(next));
    return seen;
  };
  const circular = [...needs.keys()].filter((folder) => reached(folder).has(folder)).sort();
  expect(circular).toEqual([]);
});
