import { writeFile } from "node:fs/promises";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";
import { FORMATS, isFormat } from "../graph/formats.ts";
import { stackLab } from "../lab/stackSpec.ts";

export interface GraphOptions {
  readonly format: string;
  readonly out?: string;
}

/** Draws the lab of a stack from its plan: nothing needs to run, not even Docker. */
export async function graph(stack: string, { format, out }: GraphOptions): Promise<void> {
  if (!isFormat(format)) {
    const known = Object.keys(FORMATS).join(", ");
    throw new Failure(EXIT.badInput, `--format ${JSON.stringify(format)} is none; choose one of ${known}`);
  }
  const drawing = await FORMATS[format](stackLab(stack).plan);
  if (out === undefined) {
    // Whoever reads may have seen enough (`| head`).
    process.stdout.on("error", () => process.exit());
    process.stdout.write(drawing);
    return;
  }
  await writeFile(out, drawing).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(EXIT.badInput, `--out ${out} can't be written: ${error.message}`);
  });
  process.stdout.write(`${out}\n`);
}
