/**
 * Python programs that run in nodes, each as one text for `python3 -c`: nothing has to be installed in a node, and a newer podlab
 * checks an older lab with its own.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

/** Files of lab-scripts, in the order of their imports. */
const PROBES = [
  "verify/probe/jsontext",
  "verify/probe/loop",
  "verify/probe/outcome",
  "verify/probe/bpf",
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

const NEW_NODE = ["verify/probe/jsontext", "host/background", "host/new_host", "host/units"] as const;

/** In parts, each of which is kept for all programs that have it; the last file is what runs. */
const PARTS = {
  prober: [PROBES],
  witness: [
    [
      "verify/probe/jsontext",
      "verify/probe/outcome",
      "verify/probe/bpf",
      "verify/probe/ipv4",
      "verify/probe/netns",
      "verify/probe/engine",
      "verify/witness/packet",
      "verify/witness/capture",
      "verify/witness/kernel",
      "verify/witness/shoot",
      "verify/witness/main",
    ],
  ],
  containers: [["verify/probe/jsontext", "verify/probe/engine", "verify/probe/netns", "host/containers"]],
  lookingProber: [PROBES, ["host/containers", "host/look"]],
  newNode: [NEW_NODE],
  newNodeProber: [NEW_NODE, PROBES, ["host/then_probe"]],
} as const satisfies Record<string, readonly (readonly string[])[]>;

export type ProgramName = keyof typeof PARTS;

/**
 * Makes the modules importable under their names, so that each stays an ordinary Python file. What they are compiled to, which
 * takes 40 ms, is kept in the node until it restarts; a namespace that is no node's has no folder for it. Their texts are packed,
 * for Python reads what it is told to run before it runs any of it. Python itself starts in 13 ms: `os` instead of `posix` would
 * take 3 more, to end in good order 1.5.
 */
const LOADER = `
import marshal, posix, sys

def compiled(part, packed):
    kept = f"/run/podlab/{part}-{sys.hexversion:x}.code"
    try:
        with open(kept, "rb") as file:
            return marshal.loads(file.read())
    except (OSError, EOFError, ValueError, TypeError):
        pass
    import binascii, zlib
    modules = eval(zlib.decompress(binascii.a2b_base64(packed)))
    codes = [(name, compile(text, name + ".py", "exec")) for name, text in modules]
    try:
        with open(f"{kept}.{posix.getpid()}", "wb") as file:
            file.write(marshal.dumps(codes))
        posix.replace(file.name, kept)
    except OSError:
        pass
    return codes

for part, packed in PARTS:
    for name, code in compiled(part, packed):
        module = type(sys)("__main__" if name == MAIN else name)
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)
sys.stdout.flush()
posix._exit(0)
`;

const texts = new Map<ProgramName, string>();

/** The program text. */
export function programText(name: ProgramName): string {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const main = modulesOf(name).at(-1);
  const text = `PARTS = ${JSON.stringify(PARTS[name].map(part))}\nMAIN = ${JSON.stringify(main)}${LOADER}`;
  texts.set(name, text);
  return text;
}

/** Names of a program's modules; the last one runs it. */
export function modulesOf(name: ProgramName): string[] {
  return PARTS[name].flat().map(moduleOf);
}

const moduleOf = (file: string) => file.slice(file.lastIndexOf("/") + 1);

/** Its name, by which it is kept, and its modules' names and texts: packed, as a literal that JSON and Python have in common. */
function part(files: readonly string[]): [string, string] {
  const modules = JSON.stringify(files.map((file) => [moduleOf(file), source(file)]));
  const hash = createHash("sha256").update(modules).digest("hex");
  return [`${moduleOf(files.at(-1)!)}-${hash.slice(0, 16)}`, deflateSync(modules).toString("base64")];
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
