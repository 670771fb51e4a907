/** Builds a lab by Pulumi, or brings it back to what its config says. */
import { commandLine } from "../../infra/home.ts";
import { dockerEndpoint } from "../../infra/machine/endpoint.ts";
import { leftovers } from "../../infra/machine/leftovers.ts";
import { diskAvailable } from "../../infra/machine/limits.ts";
import { removeContainer, removeNetwork } from "../../infra/machine/removal.ts";
import { program } from "../../infra/program.ts";
import { type Survey, survey } from "../../infra/survey.ts";
import { EXIT, Failure } from "../exit.ts";
import type { Provisioning } from "../report/schema.ts";
import { watchEngine } from "./engineWatch.ts";
import { Events, progress } from "./events.ts";
import { causeOf, NOT_AS_PLANNED, NotBuilt } from "./notBuilt.ts";
import type { KnownIds, PulumiStack } from "./pulumiStack.ts";
import { interruptible } from "./signals.ts";

/**
 * Runs `pulumi up` with the lab's program in this process. Whether the lab then does what its plan says, the report tells that the
 * verification has written.
 * @param opened what Pulumi has made of it
 * @throws NotBuilt (exit code 2); Failure when it was interrupted, or another Pulumi is at work
 */
export async function up(
  pulumi: PulumiStack,
  opened: Promise<KnownIds>,
  spec: unknown,
  seen: Survey,
): Promise<Provisioning> {
  const { name: stackName } = pulumi;
  let known = seen;
  const [ids, stack] = await Promise.all([opened, pulumi.withProgram(() => program(known))]);
  if (await removeLeftovers(ids, seen)) known = await survey(spec, stackName);
  const show = progress();
  const events = new Events(show);
  let dockerHung = false;
  const { result: error, interrupted } = await interruptible(async (interruption) => {
    const ended = new AbortController();
    void watchEngine(dockerEndpoint(), ended.signal, {
      tell: (line) => process.stderr.write(`podlab: ${line}\n`),
      giveUp: () => {
        dockerHung = true;
        interruption.abort();
      },
    });
    const options = {
      onEvent: events.hear,
      signal: interruption.signal,
      color: "never",
      suppressOutputs: true,
    } as const;
    try {
      return await pulumi.up(stack, options).catch((failed: Error) => failed);
    } finally {
      ended.abort();
      show.end();
    }
  });
  if (error === undefined) return events.provisioning();
  if (error instanceof Failure) throw error;
  if (interrupted) {
    throw new Failure(
      130,
      `interrupted; ${commandLine("start", stackName)} goes on, ${commandLine("stop", stackName)} removes it`,
    );
  }
  if (dockerHung) {
    throw new Failure(
      EXIT.notProved,
      `the Docker engine hangs; restart it, then ${commandLine("start", stackName)} goes on, ${commandLine("stop", stackName)} removes the lab`,
    );
  }
  return failed(stackName, error, events);
}

/** A verification that has come to a verdict is told by its report. @throws NotBuilt */
async function failed(stack: string, { message }: Error, events: Events): Promise<Provisioning> {
  const said = events.errors() || message;
  if (said.includes(NOT_AS_PLANNED)) return events.provisioning();
  const cause = causeOf(said, await diskAvailable());
  const why = cause === undefined ? "" : `: ${cause}, then ${commandLine("start", stack)} goes on`;
  throw new NotBuilt(`the lab could not be built${why}\n${said}`, events.provisioning());
}

/** Removes what stands in the way of an `up` (infra/machine/leftovers.ts), and says so. @returns whether there was anything */
async function removeLeftovers(known: KnownIds, { plan, found }: Survey): Promise<boolean> {
  const { containers, networks } = leftovers(plan, found, (id) => known.has(id));
  const names = [...containers, ...networks].map(({ name }) => name);
  if (names.length === 0) return false;
  process.stderr.write(`left over, removed: ${names.join(", ")}\n`);
  await Promise.all(containers.map((one) => removeContainer(one)));
  await Promise.all(networks.map((one) => removeNetwork(one)));
  return true;
}
