/** Every link of the documents leads somewhere: to a file of the project, and to a heading of it. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../../lab-scripts/lab/project.ts";

const documents = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file && existsSync(join(ROOT, file)));

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** As GitHub makes anchors: lower case, without punctuation, spaces as hyphens. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test.each(documents)("the links of %s", (file) => {
  const text = read(file).replace(/```[\s\S]*?```/g, "");
  const dead = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
    if (/^[a-z]+:/.test(link!)) return [];
    const [path, anchor] = link!.split("#") as [string, string?];
    const target = path === "" ? file : join(dirname(file), path);
    if (!existsSync(join(ROOT, target))) return [link];
    return anchor && target.endsWith(".md") && !anchors(read(target)).includes(anchor) ? [link] : [];
  });
  expect(dead).toEqual([]);
});
