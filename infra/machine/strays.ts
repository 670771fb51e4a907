/** Removes from a lab's nodes the units that its plan has no more. */
import { hostScript } from "../components/scripts.ts";
import type { LabPlan } from "../model/plan.ts";
import { docker } from "./docker.ts";

export async function removeStrays(plan: LabPlan): Promise<void> {
  const script = hostScript("strays");
  await Promise.all(
    plan.nodes.map(({ container, units }) => {
      const wanted = units.map(({ name }) => name).join(" ");
      // A node that can't be asked is the proof's to tell.
      return docker("exec", "--env", `WANTED=${wanted}`, container, "sh", "-c", script).catch(() => "");
    }),
  );
}
