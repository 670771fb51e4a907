import { readFileSync } from "node:fs";

/** Returns the text of the shell script NAME.sh beside this file, without its first line and its comments. */
export function script(name: string): string {
  const text = readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .trim();
}
