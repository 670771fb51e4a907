/** The verification: every expectation probed on the running lab, again whenever anything in it was made, changed or repaired. */
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { fingerprint, sha256 } from "../fingerprint.ts";
import { saidBy } from "../machine/observe.ts";
import type { Survey } from "../survey.ts";
import type { DeclareOptions } from "./lab.ts";
import type { Node } from "./node.ts";

/** As it is found from where Pulumi runs Commands: infra. */
const PODLAB = "../lab-scripts/podlab.mjs";

interface VerificationArgs
  extends Pick<Survey, "plan" | "record" | "observed">,
    Pick<DeclareOptions, "prefix" | "place"> {
  readonly nodes: readonly Node[];
  readonly letPass: local.Command | undefined;
}

export class Verification extends pulumi.ComponentResource {
  /** The report's summary. */
  readonly summary: pulumi.Output<unknown>;

  constructor(args: VerificationArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, record, observed, nodes, letPass, prefix = "", place } = args;
    const name = `${prefix}verification`;
    super("podlab:lab:Verification", name, {}, opts);
    const found = saidBy("router", observed)?.record;
    const kept = found === undefined || found === sha256(record);
    const command = new local.Command(
      name,
      {
        create: `exec node ${PODLAB} verify "$LAB"`,
        // Given to the router, which keeps it.
        stdin: record,
        environment: {
          ...(place ? { PODLAB_HOME: place.home } : {}),
          LAB: plan.lab,
          PLAN: fingerprint(plan),
          // All that nodes were made from, told, and plugged in with, and the machine's rules: when it changes, the lab is verified again.
          NODES: pulumi
            .all([...nodes.map(inputsOf), ...(letPass ? [letPass.environment.apply(fingerprint)] : [])])
            .apply((all) => fingerprint(all)),
          // New where the router keeps another one, or none.
          RECORDED: kept ? "" : new Date().toISOString(),
        },
        ...(place ? { dir: place.dir } : {}),
        addPreviousOutputInEnv: false,
        logging: "stderr",
      },
      { parent: this, ignoreChanges: kept ? ["environment.RECORDED"] : [] },
    );
    if (found === null)
      void pulumi.log.warn("drifted: router: record of the lab: wanted there, found nothing", command);
    this.summary = command.stdout.apply((line) => (line ? JSON.parse(line) : undefined));
    this.registerOutputs({ summary: this.summary });
  }
}

/** Returns what a node's Command was run with. */
function inputsOf({ state }: Node): pulumi.Output<string> {
  return pulumi.all([state.stdin, state.environment]).apply(fingerprint);
}
