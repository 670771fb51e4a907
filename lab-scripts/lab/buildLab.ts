import type { LabPlan } from "../../infra/plan/plan.ts";
import { type Survey, survey } from "../../infra/survey.ts";
import type { Provisioning } from "../report/schema.ts";
import type { Toolchain } from "../setup/setup.ts";
import { alone } from "./lock.ts";
import { openStack, PulumiStack } from "./pulumiStack.ts";
import { isUnchanged } from "./unchanged.ts";

export interface Built {
  readonly plan: LabPlan;
  /** How it was made; undefined where there was nothing to do. */
  readonly provisioning: Provisioning | undefined;
}

/**
 * Builds a lab, or brings it back to what its spec says. Whether it then does what its plan says is for the caller to verify.
 * @param spec the stack's config, or one to have in its place
 * @throws NotBuilt (exit code 2); SpecError; ForeignLab; Failure when it was interrupted, or is being changed by another process
 */
export function buildLab(tools: Toolchain, stack: string, spec: unknown): Promise<Built> {
  return alone(stack, async () => {
    const seen = await survey(spec, stack);
    const { plan } = seen;
    if (isUnchanged(seen)) return { plan, provisioning: undefined };
    const pulumi = new PulumiStack(tools, stack);
    const opened = openStack(pulumi, !hasObjects(seen), seen.engine);
    opened.catch(() => {}); // up awaits it
    // Loaded only now, beside Pulumi's own work: it takes half a second.
    const { up } = await import("./up.ts");
    return { plan, provisioning: await up(pulumi, opened, spec, seen) };
  });
}

/** Whether anything of the lab is on the machine. */
function hasObjects({ plan, found }: Survey): boolean {
  return [...found.containers, ...found.networks].some(({ lab }) => lab === plan.lab);
}
