/**
 * Python programs that run in nodes, each as one text for `python3 -c`: nothing has to be installed in a node, and a newer podlab
 * checks an older lab with its own.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const PROBES = [
  "verify/probe/jsontext",
  "verify/probe/loop",
  "verify/probe/outcome",
  "verify/probe/ipv4",
  "verify/probe/ipv6",
  "verify/probe/ip",
  "verify/probe/netns",
  "verify/probe/engine",
  "verify/probe/answer",
  "verify/probe/source",
  "verify/probe/echo",
  "verify/probe/path",
  "verify/probe/mtu",
  "verify/probe/tcp",
  "verify/probe/spread",
  "verify/probe/udp",
  "verify/probe/schedule",
  "verify/probe/main",
] as const;

/** Files of lab-scripts, in the order of their imports; the last one is what runs. */
const MODULES = {
  prober: PROBES,
  witness: [
    "verify/probe/jsontext",
    "verify/probe/outcome",
    "verify/probe/ipv4",
    "verify/probe/netns",
    "verify/probe/engine",
    "verify/witness/packet",
    "verify/witness/capture",
    "verify/witness/kernel",
    "verify/witness/shoot",
    "verify/witness/main",
  ],
  containers: ["verify/probe/jsontext", "verify/probe/engine", "verify/probe/netns", "host/containers"],
  lookingProber: [...PROBES, "host/containers", "host/look"],
  newNode: ["verify/probe/jsontext", "host/new_host", "host/units"],
} as const;

export type ProgramName = keyof typeof MODULES;

/**
 * Makes the modules importable under their names, so that each stays an ordinary Python file. What they are compiled to, which
 * takes 40 ms, is kept in the node until it restarts; a namespace that is no node's has no folder for it.
 */
const LOADER = `
import marshal, os, sys, types
KEPT = f"/run/podlab/{PROGRAM}-{sys.hexversion:x}.code"

def compiled():
    try:
        with open(KEPT, "rb") as file:
            return marshal.load(file)
    except (OSError, EOFError, ValueError, TypeError):
        codes = [(name, compile(text, name + ".py", "exec")) for name, text in MODULES]
    try:
        with open(f"{KEPT}.{os.getpid()}", "wb") as file:
            marshal.dump(codes, file)
        os.replace(file.name, KEPT)
    except OSError:
        pass
    return codes

for name, code in compiled():
    module = types.ModuleType("__main__" if name == MODULES[-1][0] else name)
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)
`;

const texts = new Map<ProgramName, string>();

/** The program text. ASCII only, so that JSON's string literals are Python's too. */
export function programText(name: ProgramName): string {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const modules = MODULES[name].map((file) => [file.slice(file.lastIndexOf("/") + 1), source(file)]);
  const program = `${name}-${createHash("sha256").update(JSON.stringify(modules)).digest("hex").slice(0, 16)}`;
  const text = `PROGRAM = "${program}"\nMODULES = ${JSON.stringify(modules)}${LOADER}`;
  texts.set(name, text);
  return text;
}

export function proberProgram(): string {
  return programText("prober");
}

/** `python3` and its arguments: without site packages, environment variables and the current folder, for a quick start. */
export const PYTHON = ["python3", "-I", "-S"] as const;

function source(file: string): string {
  const read = readFileSync(new URL(`../${file}.py`, import.meta.url), "utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  if (/[^\x00-\x7f]/.test(read)) throw new Error(`${file}.py holds a character outside ASCII; write it in ASCII`);
  return read;
}
