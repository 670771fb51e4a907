import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modulesOf, PYTHON, programText } from "../../../lab-scripts/verify/program.ts";

describe.each([
  ["prober", "probe"],
  ["witness", "witness"],
] as const)("the %s", (name, folder) => {
  test("has every module of its folder", () => {
    const files = readdirSync(new URL(`../../../lab-scripts/verify/${folder}/`, import.meta.url));
    const modules = modulesOf(name).map((module) => `${module}.py`);
    expect(modules).toEqual(expect.arrayContaining(files.filter((file) => file.endsWith(".py"))));
    expect(modules.at(-1)).toBe("main.py");
  });
});

test.each(["prober", "witness", "lookingProber", "newNodeProber"] as const)("%s fits into one argument", (name) => {
  // MAX_ARG_STRLEN: 32 pages (execve(2)).
  expect(programText(name).length).toBeLessThan(32 * 4096);
});

test("Python starts without what it would look for in the container", () => {
  expect(PYTHON).toEqual(["python3", "-I", "-S"]);
});
