/**
 * Removes from a lab's nodes the units that its plan has no more. Pulumi deletes what left a program after all else, the
 * proof included: a NAT rule or a route that was taken out of the config would still be there, the proof fail by it, and
 * the engine never come to its deletion. Its own removal, later, finds nothing to do.
 */
import { hostScript } from "../../infra/components/scripts.ts";
import { docker } from "../../infra/machine/docker.ts";
import type { LabPlan } from "../../infra/model/plan.ts";

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
