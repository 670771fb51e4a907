/** What `podlab init` writes is a lab as it stands, and with every commented key turned on. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { template } from "../../../lab-scripts/init/init.ts";
import { fileSchema } from "../../../lab-scripts/init/schema.ts";
import { namedLab } from "../../../lab-scripts/lab/labFile.ts";
import { ROOT, stackNames } from "../../../lab-scripts/lab/project.ts";
import { labOf } from "../../../lab-scripts/lab/stackSpec.ts";

const VALUES = { NAME: "mine", FILE: "mine.yaml", VERSION: "1.2.3" };
const exampleLabs = globSync("examples/*/!(Pulumi).yaml", { cwd: ROOT });
const accepts = new Ajv2020({ strict: false, validateFormats: false }).compile(fileSchema());

test("the lab can be built as it stands, and with all that is commented out", async () => {
  const text = await template("lab.yaml", VALUES);
  const everything = text.replace(/^ {4}# (?= *(?:[A-Za-z]+:|-))/gm, "    ");
  expect(Object.keys(parse(everything).config["podlab:lab"])).toEqual(
    expect.arrayContaining(["hosts", "containers", "services", "policies", "expect"]),
  );
  for (const each of [text, everything]) {
    expect(labOf({ stack: "mine", place: "mine.yaml", text: each }).lab.name).toBe("mine");
    expect(accepts(parse(each)), JSON.stringify(accepts.errors)).toBe(true);
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

test.each(stackNames())("the schema accepts the lab %s", (stack) => {
  expect(accepts(parse(namedLab(stack).text)), JSON.stringify(accepts.errors)).toBe(true);
});

test.each(exampleLabs)("the lab of %s can be built, and the schema accepts it", (file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  expect(labOf({ stack: "example", place: file, text }).plan.pods.length).toBeGreaterThan(0);
  expect(accepts(parse(text)), JSON.stringify(accepts.errors)).toBe(true);
});

test("the schema refuses a key that does not exist", () => {
  expect(accepts({ config: { "podlab:lab": { hosts: 2, hostz: 3 } } })).toBe(false);
});
