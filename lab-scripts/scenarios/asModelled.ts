/** One echo request, captured on every interface of the lab, beside the path that the model gives it. */
import { differenceIn, headerText } from "../trace/text.ts";
import type { Claim } from "./scenario.ts";

/** A packet's path from a pod to another pod or a node, and its answer's back, are the model's, interface by interface. */
export function goesAsModelled(says: string, from: string, to: string): Claim {
  return {
    says,
    async differs({ show, walk }) {
      const trace = await walk(from, to);
      for (const [at, step] of trace.question.steps.entries()) {
        if (step.at === undefined) continue;
        const { netns, interface: dev, direction } = step;
        show(`${at + 1}. ${netns} ${dev} ${direction}: ${headerText(step)}`);
      }
      if (trace.asModelled) return undefined;
      const { story, cause } = trace.why ?? {};
      const because = [story, cause].filter(Boolean).join(": ");
      return because ? `${differenceIn(trace)}: ${because}` : differenceIn(trace);
    },
  };
}
