/**
 * Two echoes between a lab's first nodes before all else is known: a machine whose firewall drops the lab's frames is told of within
 * a second, and not after every probe has waited in vain.
 */
import { type CommandFailed, outputOf } from "../../../infra/machine/command.ts";
import { Docker } from "../../../infra/machine/docker.ts";
import type { LabPlan, NodePlan } from "../../../infra/plan/plan.ts";
import { type Culprit, MachineFirewall } from "./firewall.ts";
import { resolving } from "./rule.ts";

/** One between two addresses of nodes, and the segments that it crosses. */
export interface Echo {
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  readonly links: readonly string[];
}

/** Seconds for an answer: a lab's round trip takes less than a thousandth of it. */
const PATIENCE = 0.3;
/** So long that a node asks for its neighbour once more, which it does each second (net.ipv4.neigh.default.retrans_time_ms). */
const LONGER = 1.3;

/**
 * Returns what a machine does that drops such an echo: a sentence, then what its rule counted and what mends it. Undefined where the
 * echoes are answered, where no rule of the machine is to blame, or where it can't be looked at. Never rejects.
 */
export async function preflight(plan: LabPlan): Promise<string[] | undefined> {
  const machine = await MachineFirewall.of(plan);
  if (machine.unseen !== undefined) return undefined;
  const [from] = hostsHere(plan);
  const process = from && (await processOf(from));
  if (!process) return undefined;
  const lost = await lostOf(process, echoes(plan), PATIENCE);
  if (lost.length === 0) return undefined;
  // Only now is it worth the time to read the machine's tables.
  await machine.begin();
  const again = await lostOf(process, lost, LONGER);
  await machine.end();
  for (const echo of again) {
    const told = culpritOf(machine, echo);
    if (told) return toldOf(from.name, echo, told.link, told.culprit);
  }
  return undefined;
}

/** From the first host to the router, and through it to the second one; in each family. */
export function echoes(plan: LabPlan): Echo[] {
  const [from, other] = hostsHere(plan);
  const segment = plan.segments.find(({ name }) => name === from?.segment);
  if (!from || !segment) return [];
  const near = [segment.name];
  const far = other && other.segment !== from.segment ? [...near, other.segment] : near;
  const echo = (to: string, links: readonly string[], source?: string, destination?: string): Echo[] =>
    source && destination ? [{ to, source, destination, links }] : [];
  return [
    ...echo("router", near, from.address, segment.router),
    ...echo("router", near, from.address6, segment.router6),
    ...(other ? echo(other.name, far, from.address, other.address) : []),
    ...(other ? echo(other.name, far, from.address6, other.address6) : []),
  ];
}

/** Those that are on the first machine. */
const hostsHere = ({ nodes }: LabPlan): NodePlan[] => nodes.filter(({ role, machine }) => role === "host" && !machine);

function culpritOf(machine: MachineFirewall, { source, destination, links }: Echo) {
  const question = { protocol: "icmp", source, destination };
  const answer = { protocol: "icmp", source: destination, destination: source };
  for (const header of [question, answer, ...resolving(source, destination)]) {
    for (const link of links) {
      const culprit = machine.culprit(link, header, ["drop", "reject"]);
      if (culprit?.sure) return { link, culprit };
    }
  }
  return undefined;
}

function toldOf(from: string, { to, source, destination }: Echo, link: string, { words, evidence }: Culprit): string[] {
  const lost = `the echo from ${from} (${source}) to ${to} (${destination}) was lost`;
  return [`this machine drops the lab's frames on ${link} ${words}: ${lost}`, ...evidence];
}

interface Container {
  readonly State: { readonly Running: boolean; readonly Paused: boolean; readonly Pid: number };
}

/** The process id of a node that runs. */
async function processOf({ container }: NodePlan): Promise<string | undefined> {
  const found = await new Docker().get<Container>(`/containers/${container}/json`).catch(() => undefined);
  return found?.State.Running && !found.State.Paused ? String(found.State.Pid) : undefined;
}

/** Those that got no answer. The node's own ping is used; it takes a source only in a namespace that has it. */
async function lostOf(process: string, wanted: readonly Echo[], patience: number): Promise<Echo[]> {
  const answered = await Promise.all(
    wanted.map(({ source, destination }) => {
      const ping = ["ping", "-n", "-q", "-c", "1", "-W", String(patience), "-I", source, destination];
      return outputOf("nsenter", ["--target", process, "--net", "--mount", ...ping], 5_000).then(
        () => true,
        // 1: no answer (ping(8)); whatever else went wrong is no loss.
        ({ exitCode }: CommandFailed) => exitCode !== 1,
      );
    }),
  );
  return wanted.filter((_, at) => !answered[at]);
}
