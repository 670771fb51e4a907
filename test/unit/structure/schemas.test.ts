/** The committed schemas say what the code's own schemas say. `npx vitest run --project unit test/unit/structure -u` writes them anew. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { pulumiSchemaText } from "../../../lab-scripts/component/schema.ts";
import { schemaText } from "../../../lab-scripts/init/schema.ts";
import { reportSchema } from "../../../lab-scripts/report/schema.ts";
import { traceSchema } from "../../../lab-scripts/trace/trace.ts";

const DOCS = join(import.meta.dirname, "../../../docs");

test.each([
  ["walk", traceSchema],
  ["report", reportSchema],
])("docs/%s.schema.json", async (name, schema) => {
  const override = ({ jsonSchema }: { jsonSchema: { readOnly?: boolean } }) => void delete jsonSchema.readOnly;
  const text = `${JSON.stringify(z.toJSONSchema(schema, { override }), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot(join(DOCS, `${name}.schema.json`));
});

test.each([
  ["infra/lab.schema.json", schemaText],
  ["lab-scripts/component/schema.json", pulumiSchemaText],
])("%s", async (file, text) => {
  await expect(text()).toMatchFileSnapshot(join(DOCS, "..", file));
});
