/** The reference pages name what there is: every option of a command, every key of a config, and messages as they are said. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { labSchema } from "../../../infra/spec/spec.ts";
import { ROOT } from "../../../lab-scripts/lab/project.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const codeIn = (page: string) =>
  [...page.matchAll(/`([^`\n]+)`|^```\w+\n(.*?)^```/gms)].map(([, code, block]) => code ?? block!);

test("docs/commands.md has every command and option", () => {
  const [, ...commands] = read("lab-scripts/cli.ts").split('.command("');
  const words = codeIn(read("docs/commands.md")).flatMap((code) => code.split(/[ ,\\|]+/));
  for (const text of commands.filter((one) => !/^\w+", \{ hidden/.test(one))) {
    const name = /^[\w-]+/.exec(text)![0];
    expect(words, "a command").toContain(name);
    for (const [, option] of text.matchAll(/\.option\("(--[\w-]+)/g)) expect(words, `of ${name}`).toContain(option);
  }
});

test("docs/configuration.md has every key", () => {
  const keys = new Set<string>();
  const collect = (schema: z.core.JSONSchema.BaseSchema | boolean | undefined): void => {
    if (typeof schema !== "object") return;
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      keys.add(key);
      collect(value);
    }
    for (const one of Object.values(schema.$defs ?? {})) collect(one);
    for (const one of [schema.items, schema.anyOf, schema.oneOf, schema.allOf].flat()) collect(one);
  };
  collect(z.toJSONSchema(labSchema, { io: "input", unrepresentable: "any" }) as z.core.JSONSchema.BaseSchema);
  expect(keys.size).toBeGreaterThan(40);
  const words = codeIn(read("docs/configuration.md")).flatMap((code) => code.split(/[^\w]+/));
  for (const key of keys) expect(words).toContain(key);
});

test("docs/troubleshooting.md quotes messages as they are said", () => {
  const files = ["infra", "lab-scripts"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8")),
  );
  // As the texts stand in the sources: put together from parts, with values in them.
  const said = files.join("\n").replaceAll(/["`]\s*\+\s*["`]/g, "");
  const rows = read("docs/troubleshooting.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const quoted = rows.flatMap((row) => codeIn(row.split(" | ")[0]!).slice(0, 1));
  expect(quoted.length).toBeGreaterThan(5);
  for (const text of quoted.filter((one) => one !== "argument list too long")) {
    for (const part of text
      .split(/\s*(?:…|\b\d+\b|\brouted\b|hosts\[0\]\.segment)\s*/)
      .filter((one) => /\w{3}/.test(one))) {
      expect(said.includes(part.trim()), `"${part}" of "${text}"`).toBe(true);
    }
  }
});
