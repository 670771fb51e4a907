import { z } from "zod";
import { labSchema } from "../../infra/spec/spec.ts";

/** Returns the JSON Schema (draft 2020-12) of a lab's file as text, by which editors complete and check it. */
export function schemaText(): string {
  const { $schema, $defs, ...lab } = z.toJSONSchema(labSchema, { io: "input" });
  const file = {
    $schema,
    $defs,
    title: "A lab of podlab",
    type: "object",
    properties: {
      config: { type: "object", properties: { "podlab:lab": lab }, required: ["podlab:lab"] },
    },
    required: ["config"],
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
