/** What `podlab init` writes is a lab as it stands, and with every commented key turned on. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { template } from "../../../lab-scripts/commands/init.ts";
import { ROOT } from "../../../lab-scripts/lab/project.ts";
import { labOf } from "../../../lab-scripts/lab/stackSpec.ts";

const VALUES = { NAME: "mine", FILE: "mine.yaml", VERSION: "1.2.3" };
const exampleLabs = globSync("examples/*/!(Pulumi).yaml", { cwd: ROOT });

test("the lab can be built as it stands, and with all that is commented out", async () => {
  const text = await template("lab.yaml", VALUES);
  const everything = text.replace(/^ {4}# (?= *(?:[A-Za-z]+:|-))/gm, "    ");
  expect(Object.keys(parse(everything).config["podlab:lab"])).toEqual(
    expect.arrayContaining(["hosts", "containers", "services", "policies", "expect"]),
  );
  for (const each of [text, everything]) {
    expect(labOf({ stack: "mine", place: "mine.yaml", text: each }).lab.name).toBe("mine");
  }
});

test.each(["github.yml", "gitlab.yml"] as const)(
  "%s is YAML that starts the lab by the version it was written with",
  async (name) => {
    const text = await template(name, VALUES);
    expect(() => parse(text)).not.toThrow();
    expect(text).toContain("podlab@1.2.3 start mine.yaml");
    expect(text).not.toMatch(/\b(NAME|FILE|VERSION)\b/);
  },
);

test.each(exampleLabs)("the lab of %s can be built", (file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  expect(labOf({ stack: "example", place: file, text }).plan.pods.length).toBeGreaterThan(0);
});

test("what is written goes into a repository; what podlab keeps beside it does not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "podlab-init-"));
  try {
    const here = execa({ cwd: folder, env: { PODLAB_HOME: "" } });
    await here`git init --quiet`;
    const written = await here`node ${join(ROOT, "bin/podlab.mjs")} init mine --ci github`;
    expect(written.stdout).toContain("next: npx podlab start mine.yaml");
    writeFileSync(join(folder, ".podlab/owner.json"), "");
    const { stdout } = await here`git ls-files --others --exclude-standard`;
    const files = [".github/workflows/podlab.yml", ".podlab/.gitignore", ".podlab/lab.schema.json", "mine.yaml"];
    expect(stdout.split("\n").sort()).toEqual(files);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
