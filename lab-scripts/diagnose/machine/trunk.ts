/**
 * Echoes between a lab's machines before all else is known: what keeps Docker Swarm's packets from getting through is told of at once,
 * and not after every probe has waited in vain.
 */
import { LIMIT, outputInside } from "../../../infra/machine/inside.ts";
import { engineOf } from "../../../infra/machine/machines.ts";
import { observe } from "../../../infra/machine/observe.ts";
import type { LabPlan, NodePlan, SegmentPlan } from "../../../infra/plan/plan.ts";

/** What IPv6 asks of every link (RFC 8200, 5), and the least that a lab's mtu may be. */
const LEAST = 1280;
/** IPv4 header without options (RFC 791) and that of an echo (RFC 792). */
const HEADERS = 28;
/** Any path carries it. */
const SMALL = 100;

/** Returns what is wrong between the first machine and each other one, with what mends it. Never rejects. */
export async function trunkTroubles(plan: LabPlan): Promise<string[]> {
  const router = plan.nodes.find(({ role }) => role === "router")!;
  const away = plan.nodes.filter(({ machine }) => machine);
  const firsts = [...Map.groupBy(away, ({ machine }) => machine!.name).values()].map(([first]) => first!);
  const told = await Promise.all(firsts.map((host) => troubleOf(plan, router, host).catch(() => [])));
  return told.flat();
}

async function troubleOf(plan: LabPlan, router: NodePlan, host: NodePlan): Promise<string[]> {
  const segment = plan.segments.find(({ name }) => name === host.segment)!;
  const gets = (size: number) => getsThrough(router, host, size);
  const between = `between the first machine and ${host.machine!.name}`;
  if (!(await gets(SMALL))) {
    if (!(await areAsTold(plan, [router, host]))) return []; // the lab's own fault
    const lost = `the echo from router (${segment.router}) to ${host.name} (${host.address}) was lost`;
    return [
      `nothing gets through ${between}: ${lost}; open UDP port 4789 (VXLAN), and port 7946 of TCP and UDP, between them`,
    ];
  }
  const wanted = mtuOf(plan, segment);
  if (await gets(wanted)) return [];
  if (!(await areAsTold(plan, [router, host]))) return [];
  // The receiver of a link takes a little more than its MTU.
  const fits = Math.floor((await largest(gets, wanted)) / 10) * 10;
  const mend =
    fits < LEAST ? `a lab takes at least ${LEAST}: give the machines a larger MTU` : `set mtu: ${fits} in the lab`;
  return [
    `packets of ${wanted} bytes don't get through ${between}, of ${fits < LEAST ? `${LEAST} neither` : `${fits} they do`}; ${mend}`,
  ];
}

const mtuOf = ({ netns }: LabPlan, { name }: SegmentPlan): number =>
  netns.flatMap(({ interfaces }) => interfaces).find(({ link }) => link === name)!.mtu;

async function getsThrough(router: NodePlan, { address }: NodePlan, size: number): Promise<boolean> {
  const ping = `ping -n -q -c 2 -i 0.2 -W 1 -M do -s ${size - HEADERS} ${address} > /dev/null 2>&1 && echo yes || echo no`;
  const said = await outputInside(LIMIT.script, router.container, ["sh", "-c", ping], "", engineOf(router));
  return said.trim() === "yes";
}

/** By halving; less than the least where not even that gets through. */
async function largest(gets: (size: number) => Promise<boolean>, tooLarge: number): Promise<number> {
  let low = LEAST - 1;
  let high = tooLarge;
  while (high - low > 1) {
    const middle = low === LEAST - 1 ? LEAST : Math.floor((low + high) / 2);
    if (await gets(middle)) low = middle;
    else if (middle === LEAST) return LEAST - 1;
    else high = middle;
  }
  return low;
}

/** Whether the nodes are as they were told to be: then it is not they that lose it. */
async function areAsTold({ lab }: LabPlan, nodes: readonly NodePlan[]): Promise<boolean> {
  const asked = nodes.map(({ container, machine }) => ({ name: container, lab, state: "running", machine }));
  const seen = await observe(lab, asked);
  return nodes.every(({ name }) => {
    const report = seen.get(name)!;
    return "differences" in report && report.differences.length + report.faults.length === 0;
  });
}
