/** The committed schemas say what the code's own schemas say. `npx vitest run --project unit test/unit/structure -u` writes them anew. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { pulumiSchemaText } from "../../../lab-scripts/component/schema.ts";
import { schemaText } from "../../../lab-scripts/init/schema.ts";
import { reportSchema } from "../../../lab-scripts/report/schema.ts";
import { traceSchema } from "../../../lab-scripts/trace/trace.ts";

const ROOT = join(import.meta.dirname, "../../..");
const DOCS = join(ROOT, "docs");

const override = ({ jsonSchema }: { jsonSchema: { readOnly?: boolean } }) => void delete jsonSchema.readOnly;
const textOf = (schema: z.ZodType) => `${JSON.stringify(z.toJSONSchema(schema, { override }), undefined, 2)}\n`;

test.each([
  ["walk", () => textOf(traceSchema)],
  ["report", () => textOf(reportSchema)],
  ["lab", schemaText],
  ["component", pulumiSchemaText],
])("docs/%s.schema.json", async (name, text) => {
  await expect(text()).toMatchFileSnapshot(join(DOCS, `${name}.schema.json`));
});

const labs = globSync(["examples/*/!(Pulumi).yaml", "infra/stacks/Pulumi.!(test-*|bench).yaml"], { cwd: ROOT });
const schema = z.fromJSONSchema(JSON.parse(readFileSync(join(ROOT, "docs/lab.schema.json"), "utf8")));

test("there are labs of both kinds", () => {
  expect(new Set(labs.map((file) => file.split("/")[0]))).toEqual(new Set(["examples", "infra"]));
});

test.each(labs)("the first line of %s names the schema for editors, by which it is right", (file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  const [, named] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
  expect(named && join(dirname(file), named)).toBe("docs/lab.schema.json");
  expect(schema.safeParse(parse(text)).error).toBeUndefined();
});

test("what is wrong in a lab, the schema finds", () => {
  expect(schema.safeParse({ config: { "podlab:lab": { hosts: 2 } } }).success).toBe(true);
  expect(schema.safeParse({ config: { "podlab:lab": { hosts: true } } }).success).toBe(false);
  expect(schema.safeParse({ config: { "podlab:lab": { host: 2 } } }).success).toBe(false);
});
