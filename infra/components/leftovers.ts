import * as pulumi from "@pulumi/pulumi";
import { suspects } from "../machine/leftovers.ts";
import type { Survey } from "../survey.ts";

/** The program can't know what Pulumi's state has: it says what to do should Docker refuse a name or a subnet. */
export function warnOfLeftovers({ plan, found, observed }: Survey): void {
  const names = suspects(plan, found, observed);
  if (names.length === 0) return;
  void pulumi.log.warn(
    `${names.join(", ")} may be left of a run that was cut off, or of an earlier plan; if Docker says that a name or a ` +
      `subnet is in use, npm start -- ${pulumi.getStack()} removes what is left over, and goes on`,
  );
}
