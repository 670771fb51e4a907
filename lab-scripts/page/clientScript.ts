/**
 * The page's script: client/ and those parts of the model that it walks packets with, bundled into one text. Made once, and
 * again when a source is newer; kept in .podlab.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { OWN, ROOT } from "../../infra/home.ts";
import { writeWhole } from "../report/wholeFile.ts";

/** The npm package comes with it. */
const BUILT = join(import.meta.dirname, "client.js");
const ENTRY = join(import.meta.dirname, "client/main.ts");
/** Where sources of the script and of the drawing are. */
const SOURCES = ["infra", "lab-scripts"].map((folder) => join(ROOT, folder));
const KEPT = join(OWN, "page");

export async function clientScript(): Promise<string> {
  if (existsSync(BUILT)) return readFile(BUILT, "utf8");
  const file = join(KEPT, `client-${await sourcesKey()}.js`);
  return readFile(file, "utf8").catch(async () => {
    const script = await bundled();
    await rm(KEPT, { recursive: true, force: true });
    await mkdir(KEPT, { recursive: true });
    await writeWhole(file, script);
    return script;
  });
}

/** Changes when a source of the script or of the drawing does. */
export async function sourcesKey(): Promise<string> {
  const files = (await Promise.all(SOURCES.map(tsFiles))).flat().sort();
  const seen = await Promise.all(files.map(async (file) => [file, (await stat(file)).mtimeMs]));
  return createHash("sha256").update(JSON.stringify(seen)).digest("hex").slice(0, 16);
}

async function tsFiles(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => /\.[jt]s$/.test(file)).map((file) => join(folder, file));
}

/** Returns the script, made anew. */
export async function bundled(): Promise<string> {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({ input: ENTRY, platform: "browser", cwd: ROOT });
  const { output } = await bundle.generate({ format: "iife", minify: true });
  await bundle.close();
  // In HTML a script ends at the first `</script`, whatever it stands in.
  return output[0].code.replaceAll("</script", "<\\/script");
}
