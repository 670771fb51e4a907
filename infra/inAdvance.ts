/**
 * Loaded before Pulumi's run of the program, by a process that waits for it (lab-scripts/lab/attend/languageHost.ts): all that
 * the program takes is there when Pulumi asks for it. What is then to be run arrives as one message.
 */
import "./program.ts";
import { once } from "node:events";
import { runtime } from "@pulumi/pulumi";

/** What Pulumi tells of a run. */
export interface Order {
  /** Of Pulumi's run of a program (@pulumi/pulumi/cmd/run). */
  readonly argv: readonly string[];
  /** Additions to the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  readonly project: string;
  readonly stack: string;
  readonly organization: string;
  readonly parallel: number;
  readonly dryRun: boolean;
  /** Addresses of Pulumi's engine. */
  readonly engine: string;
  readonly monitor: string;
}

/** Whoever would have sent it has gone. */
const givenUp = () => process.exit();
process.once("disconnect", givenUp);
const [order] = (await once(process, "message")) as [Order];
process.off("disconnect", givenUp);
process.disconnect();

process.argv.push(...order.argv);
Object.assign(process.env, order.env);
const { project, stack, organization, parallel, dryRun, engine, monitor } = order;
// @pulumi/pulumi took what it is run for from the environment when it was loaded.
runtime.resetOptions(project, stack, parallel, engine, monitor, dryRun, organization);
runtime.setAllConfig({ ...order.config }, [...order.secretKeys]);
