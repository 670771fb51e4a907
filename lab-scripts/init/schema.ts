import { z } from "zod";
import { labSchema } from "../../infra/spec/spec.ts";

/** Returns the JSON Schema (draft 2020-12) of a lab's file, by which editors complete and check it. */
export function fileSchema(): object {
  const { $schema, $defs, ...lab } = z.toJSONSchema(labSchema, { io: "input" });
  return {
    $schema,
    $defs,
    title: "A lab of podlab",
    type: "object",
    properties: {
      config: { type: "object", properties: { "podlab:lab": lab }, required: ["podlab:lab"] },
    },
    required: ["config"],
  };
}

/** Returns it as the text of a file. */
export const schemaText = (): string => `${JSON.stringify(fileSchema(), undefined, 2)}\n`;
