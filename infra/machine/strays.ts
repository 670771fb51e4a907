/** Removes from a lab's nodes the units that its plan has no more. */
import { hostScript } from "../components/scripts.ts";
import type { LabPlan } from "../plan/plan.ts";
import { outputInside } from "./inside.ts";
import { removeContainer, removeNetwork } from "./inTheWay.ts";
import type { Inventory } from "./inventory.ts";

const LIMIT_MS = 20_000;

export async function removeStrays(plan: LabPlan): Promise<void> {
  const script = hostScript("strays");
  await Promise.all(
    plan.nodes.map(({ container, units }) => {
      const wanted = units.map(({ name }) => name).join(" ");
      // A node that can't be asked is the proof's to tell.
      return outputInside(LIMIT_MS, container, ["env", `WANTED=${wanted}`, "sh", "-c", script]).catch(() => "");
    }),
  );
}

/** Removes nodes and segments that the plan has not. @param found what the machine had when the program began */
export async function removeStrangers(plan: LabPlan, found: Inventory): Promise<void> {
  const gone = strangers(plan, found);
  await Promise.all(gone.containers.map(removeContainer));
  await Promise.all(gone.networks.map(removeNetwork));
}

/** Pure. Nodes and segments that the plan has not. */
export function strangers(plan: LabPlan, { containers, networks }: Inventory): Inventory {
  const wanted = new Set([
    ...plan.nodes.map(({ container }) => container),
    ...plan.segments.map(({ network }) => network),
  ]);
  const stranger = ({ name, lab }: { name: string; lab: string }) => lab === plan.lab && !wanted.has(name);
  return { containers: containers.filter(stranger), networks: networks.filter(stranger) };
}
