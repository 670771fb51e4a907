/** The verification: every expectation probed on the running lab, again whenever anything in it was made, changed or repaired. */
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { fingerprint } from "../fingerprint.ts";
import type { LabPlan } from "../plan/plan.ts";
import type { Node } from "./node.ts";

/** As it is found from where Pulumi runs Commands: infra. */
const PODLAB = "../lab-scripts/podlab.mjs";

export class Verification extends pulumi.ComponentResource {
  /** The report's summary. */
  readonly summary: pulumi.Output<unknown>;

  constructor({ plan, nodes }: { plan: LabPlan; nodes: readonly Node[] }, opts: pulumi.ComponentResourceOptions) {
    super("podlab:lab:Verification", "verification", {}, opts);
    const command = new local.Command(
      "verification",
      {
        create: `exec node ${PODLAB} verify "$LAB"`,
        environment: {
          LAB: plan.lab,
          PLAN: fingerprint(plan),
          // All that nodes were made from, told, and plugged in with: when it changes, the lab is verified again.
          NODES: pulumi.all(nodes.map(inputsOf)).apply((all) => fingerprint(all)),
        },
        addPreviousOutputInEnv: false,
        logging: "stderr",
      },
      { parent: this },
    );
    this.summary = command.stdout.apply((line) => (line ? JSON.parse(line) : undefined));
    this.registerOutputs({ summary: this.summary });
  }
}

/** Returns what a node's Commands were run with. */
function inputsOf({ state, cables }: Node): pulumi.Output<string> {
  const environments = pulumi.all(cables.map(({ environment }) => environment));
  return pulumi.all([state.stdin, state.environment, environments]).apply(fingerprint);
}
