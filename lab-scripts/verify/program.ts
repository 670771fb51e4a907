/**
 * The prober as one program text for `python3 -c`: nothing has to be stored in a node, and a newer podlab checks
 * an older lab with its own prober.
 */
import { readFileSync } from "node:fs";

/** In the order of their imports; `main` last. */
const MODULES = [
  "loop",
  "outcome",
  "ipv4",
  "netns",
  "engine",
  "answer",
  "source",
  "echo",
  "path",
  "mtu",
  "tcp",
  "udp",
  "schedule",
  "main",
];

/** Makes the modules importable under their names, so that each stays an ordinary Python file. */
const LOADER = `
import sys, types
for name, text in MODULES:
    module = types.ModuleType("__main__" if name == "main" else name)
    sys.modules[module.__name__] = module
    exec(compile(text, name + ".py", "exec"), module.__dict__)
`;

let text: string | undefined;

/** The program text. ASCII only, so that JSON's string literals are Python's too. */
export function proberProgram(): string {
  text ??= `MODULES = ${JSON.stringify(MODULES.map((name) => [name, source(name)]))}${LOADER}`;
  return text;
}

/** `python3` and its arguments: without site packages, environment variables and the current folder, for a quick start. */
export const PYTHON = ["python3", "-I", "-S"] as const;

function source(name: string): string {
  const read = readFileSync(new URL(`probe/${name}.py`, import.meta.url), "utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  if (/[^\x00-\x7f]/.test(read)) throw new Error(`probe/${name}.py holds a character outside ASCII; write it in ASCII`);
  return read;
}
