/** One lab that was damaged: its agents tell where, repair it, and packets then fare as planned. */
import { changes } from "../netns/commands.ts";
import type { PlannedLab } from "../netns/planned.ts";
import { type Comparison, compare } from "./compare.ts";
import { stateOf, type Topology } from "./topology.ts";

/** @throws Error when an agent sees damage where there is none, or none where there is, or does not repair it */
export function repair({ spec, edits }: Topology): Promise<Comparison> {
  // Servers of pods are the engine's business, and there is none here.
  const damage = edits.filter((one) => one.do !== "listen" && one.do !== "close");
  const built = { spec, edits: damage };
  const { plan, wanted } = stateOf(built);
  const repairAll = async (lab: PlannedLab) => {
    for (const [at, netns] of plan.netns.entries()) {
      const commands = changes(netns, wanted[at]!);
      const told = await lab.differences(netns.id);
      if (told.length > 0 !== commands.length > 0) {
        throw new Error(`after [${commands.join("; ")}] the agent of ${netns.id} tells ${JSON.stringify(told)}`);
      }
      if (told.length === 0) continue;
      await lab.repair(netns.id);
      const left = await lab.differences(netns.id);
      if (left.length > 0)
        throw new Error(`after [${commands.join("; ")}] and a repair ${JSON.stringify(left)} is left`);
    }
  };
  return compare({ spec, edits: [] }, { built, prepare: repairAll });
}
