import { writeFile } from "node:fs/promises";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { EXIT, Failure } from "../exit.ts";
import { dotOf } from "../graph/dot.ts";
import { drawioOf } from "../graph/drawio.ts";
import { layoutOf } from "../graph/layout.ts";
import { mermaidOf } from "../graph/mermaid.ts";
import { svgOf } from "../graph/svg.ts";
import { topologyOf } from "../graph/topology.ts";
import { findLab } from "../lab/labFile.ts";
import { labOf } from "../lab/stackSpec.ts";

type Draw = (plan: LabPlan) => string | Promise<string>;

export const FORMATS = {
  svg: async (plan) => svgOf(plan.lab, await layoutOf(topologyOf(plan))),
  dot: (plan) => dotOf(topologyOf(plan)),
  mermaid: (plan) => mermaidOf(topologyOf(plan)),
  drawio: async (plan) => drawioOf(plan.lab, await layoutOf(topologyOf(plan))),
} as const satisfies Record<string, Draw>;

interface GraphOptions {
  readonly format: keyof typeof FORMATS;
  readonly out?: string;
}

/** Draws a lab from its plan: nothing needs to run, not even Docker. */
export async function graph(name: string, { format, out }: GraphOptions): Promise<void> {
  const drawing = await FORMATS[format](labOf(await findLab(name)).plan);
  if (out === undefined) {
    process.stdout.write(drawing);
    return;
  }
  await writeFile(out, drawing).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(EXIT.badInput, `--out ${out} can't be written: ${error.message}`);
  });
  process.stdout.write(`${out}\n`);
}
