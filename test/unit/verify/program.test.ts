import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { PYTHON, proberProgram } from "../../../lab-scripts/verify/program.ts";

test("every module of the prober is in the program, and it fits into one argument", () => {
  const files = readdirSync(new URL("../../../lab-scripts/verify/probe/", import.meta.url)).filter((name) =>
    name.endsWith(".py"),
  );
  const modules = (JSON.parse(proberProgram().split("\n")[0]!.replace("MODULES = ", "")) as [string, string][]).map(
    ([name]) => name,
  );
  expect(modules.map((name) => `${name}.py`).toSorted()).toEqual(files.toSorted());
  // MAX_ARG_STRLEN: 32 pages (execve(2)).
  expect(proberProgram().length).toBeLessThan(32 * 4096);
});

test("Python starts without what it would look for in the container", () => {
  expect(PYTHON).toEqual(["python3", "-I", "-S"]);
});
