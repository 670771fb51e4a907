/** A lab's plan as a drawing, in each format that there is. */
import type { LabPlan } from "../../infra/plan/plan.ts";
import { dotOf } from "./dot.ts";
import { drawioOf } from "./drawio.ts";
import { layoutOf } from "./layout.ts";
import { mermaidOf } from "./mermaid.ts";
import { svgOf } from "./svg.ts";
import { topologyOf } from "./topology.ts";

type Draw = (plan: LabPlan) => string | Promise<string>;

export const FORMATS = {
  svg: async (plan) => svgOf(plan.lab, await layoutOf(topologyOf(plan))),
  dot: (plan) => dotOf(topologyOf(plan)),
  mermaid: (plan) => mermaidOf(topologyOf(plan)),
  drawio: async (plan) => drawioOf(plan.lab, await layoutOf(topologyOf(plan))),
} as const satisfies Record<string, Draw>;

export type Format = keyof typeof FORMATS;

export const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);
