import { expectations } from "../../infra/expect/expectations.ts";
import { type Needs, needs } from "../../infra/plan/limits.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { EXIT, Failure } from "../exit.ts";
import { amount, plural, seconds } from "../report/amounts.ts";

interface PlanOptions {
  readonly hosts: string;
  readonly machines: string;
  readonly podsPerHost: string;
}

/**
 * Seconds, from labs of 2 and of 16 hosts on two cores (bench/README.md): what a lab takes by itself, what each host takes of its
 * machine, which work side by side, and what it takes of Pulumi, which is on the first one.
 */
const TIME = { lab: 3, host: 1.05, pulumi: 0.6 };

/** Plans a lab that need not fit this machine: who is where, what it takes, how long the model needs. Nothing is asked or made. */
export function plan(options: PlanOptions): void {
  const hosts = numberOf("hosts", options.hosts);
  const count = numberOf("machines", options.machines);
  const podsPerHost = numberOf("pods-per-host", options.podsPerHost);
  const name = (at: number) => `m${at + 1}`;
  const machines = Array.from({ length: count }, (_, at) => ({
    name: name(at),
    ...(at > 0 ? { host: name(at) } : {}),
  }));
  const spec = { hosts, podsPerHost, machines, podCidr: "10.0.0.0/8", segmentPool: "172.16.0.0/12" };
  const began = performance.now();
  const planned = planLab(readLab(spec, "planned"));
  const { expectations: checks, leftOut } = expectations(planned);
  const took = performance.now() - began;
  process.stdout.write(
    [
      `${plural(hosts, "host")} with ${plural(planned.pods.length, "pod")} on ${plural(count, "machine")}`,
      ...placement(planned, count),
      "",
      `addresses: segments in ${spec.segmentPool}, pods in ${spec.podCidr}, a /24 for each host; router with ${amount(hosts + 1)} interfaces, on the first machine`,
      `time: about ${seconds((TIME.lab + TIME.host * Math.ceil(hosts / count) + TIME.pulumi * hosts) * 1000)} until it is up, with two cores a machine`,
      `model: ${plural(checks.length, "check")} in ${seconds(took)} with ${amount(Math.ceil(process.memoryUsage().rss / 1e6))} MB`,
      ...leftOut.map(({ reason, count: checksLeftOut }) => `  left out: ${plural(checksLeftOut, "check")} ${reason}`),
      "",
    ].join("\n"),
  );
}

function numberOf(option: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new Failure(EXIT.badInput, `--${option} ${text} is no number; write it in digits (--${option} 100)`);
}

/** The first machine and one of each other size. */
function placement(planned: LabPlan, machines: number): string[] {
  const byMachine = [...Map.groupBy(planned.nodes, ({ machine }) => machine?.name ?? "").values()];
  const [first, ...others] = byMachine;
  const bySize = [...Map.groupBy(others, ({ length }) => length)];
  return [
    ...rowOf(planned, "first machine", first!),
    ...bySize.flatMap(([, alike]) =>
      rowOf(planned, `${amount(alike.length)} ${alike.length > 1 ? "others, each" : "other"}`, alike[0]!),
    ),
    ...(byMachine.length < machines ? [`  ${amount(machines - byMachine.length)} without a host`] : []),
  ];
}

function rowOf(planned: LabPlan, title: string, nodes: LabPlan["nodes"]): string[] {
  const elsewhere = planned.nodes.filter((node) => !nodes.includes(node)).map(({ container }) => container);
  const its: Needs = needs(planned, new Set(elsewhere));
  const hosts = nodes.filter(({ role }) => role === "host");
  const some = hosts.length > 3 ? [...hosts.slice(0, 2), ...hosts.slice(-1)] : hosts;
  const names = some.map(({ name }) => name).join(", ");
  const what = `${nodes.length > hosts.length ? "router, internet, " : ""}${plural(hosts.length, "host")} (${names})`;
  const megabytes = (bytes: number) => `${amount(Math.ceil(bytes / 2 ** 20))} MB`;
  return [
    `  ${title}: ${what}`,
    `    memory ${megabytes(its.memory)}, disk ${megabytes(its.disk)}, ${amount(its.tasks)} processes and threads, ${amount(its.openFiles)} open files, ` +
      `${amount(its.neighbours)} neighbour table entries, ${amount(its.namespaces)} network namespaces`,
  ];
}
