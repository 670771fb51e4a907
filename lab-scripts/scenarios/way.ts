/** One echo request, captured on every interface of the lab, beside the way that the model gives it. */
import { differenceIn, headerText } from "../trace/text.ts";
import type { Claim } from "./scenario.ts";

/** A packet's way from a pod to another pod or a node, and its answer's back, are the model's, interface by interface. */
export function goesAsModelled(says: string, from: string, to: string): Claim {
  return {
    says,
    async differs({ show, walk }) {
      const walked = await walk(from, to);
      for (const [at, step] of walked.question.steps.entries()) {
        if (step.at === undefined) continue;
        const { netns, interface: dev, direction } = step;
        show(`${at + 1}. ${netns} ${dev} ${direction}: ${headerText(step)}`);
      }
      if (walked.asModelled) return undefined;
      const { story, cause } = walked.why ?? {};
      const because = [story, cause].filter(Boolean).join(": ");
      return because ? `${differenceIn(walked)}: ${because}` : differenceIn(walked);
    },
  };
}
