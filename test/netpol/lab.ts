/**
 * The lab on which Kubernetes' end-to-end suite "Netpol" is held (e2e/network/netpol in kubernetes/kubernetes): namespaces x, y
 * and z with pods a, b and c, each with ports 80 and 81 of TCP and UDP. Three hosts, so that pods of one namespace are neighbours
 * and strangers.
 */

import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import type { Labels } from "../../infra/spec/kubernetes.ts";
import { readLab } from "../../infra/spec/read.ts";
import type { Check, Policy, Step } from "./cases.ts";

const HOSTS = { host01: ["x/a", "x/b", "y/a"], host02: ["x/c", "y/b", "z/a"], host03: ["y/c", "z/b", "z/c"] };
const SUBNETS: Record<string, string> = { host01: "192.168.20", host02: "192.168.30", host03: "192.168.40" };

interface Pod {
  /** `x/a` */
  readonly name: string;
  /** `host01/x-a` */
  readonly id: string;
  readonly address: string;
}

export const PODS: readonly Pod[] = Object.entries(HOSTS).flatMap(([host, names]) =>
  names.map((name, at) => ({
    name,
    id: `${host}/${name.replace("/", "-")}`,
    address: `${SUBNETS[host]}.${at + 2}`,
  })),
);

export const addressOf = (name: string): string => PODS.find((pod) => pod.name === name)!.address;

/** A service of x/a alone: it reaches itself by it, whatever policies say. */
export const OWN = { pod: "x/a", address: "10.96.0.1" };

/** The plan of a step. */
export function planOf({ policies, podLabels = {}, namespaceLabels = {} }: Omit<Step, "checks">): LabPlan {
  const containers = [80, 81].map((port) => ({
    name: `port-${port}`,
    ports: (["TCP", "UDP"] as const).map((protocol) => {
      return { containerPort: port, name: `serve-${port}-${protocol.toLowerCase()}`, protocol };
    }),
  }));
  const pod = (full: string, at: number, host: string) => {
    const [namespace, name] = full.split("/") as [string, string];
    const labels: Labels = { pod: name, ...podLabels[full] };
    const address = `${SUBNETS[host]}.${at + 2}`;
    return { name: `${namespace}-${name}`, namespace, labels, address, containers };
  };
  const spec = {
    hosts: Object.entries(HOSTS).map(([name, pods]) => ({
      name,
      podSubnet: `${SUBNETS[name]}.0/24`,
      pods: pods.map((full, at) => pod(full, at, name)),
    })),
    namespaces: namespaceLabels,
    services: [
      {
        name: "own",
        namespace: "x",
        clusterIP: OWN.address,
        selector: { pod: "a" },
        ports: [80, 81].flatMap((port) =>
          (["TCP", "UDP"] as const).map((protocol) => {
            const name = `serve-${port}-${protocol.toLowerCase()}`;
            return { name, port, protocol, targetPort: name };
          }),
        ),
      },
    ],
    policies: policies as readonly Policy[],
  };
  return planLab(readLab(spec, "netpol"));
}

export interface Question {
  readonly from: Pod;
  readonly to: string;
  readonly address: string;
  readonly reaches: boolean;
}

/** What the truth table of a check says of every pair; a pod is asked by itself through its own service. */
export function truths({ expected }: Check): Question[] {
  const matches = (pattern: string, name: string) => {
    const [namespace, pod] = pattern.split("/");
    const [ownNamespace, own] = name.split("/");
    return (namespace === "*" || namespace === ownNamespace) && (pod === undefined || pod === "*" || pod === own);
  };
  const own = PODS.find(({ name }) => name === OWN.pod)!;
  return [
    ...PODS.flatMap((from) =>
      PODS.filter((to) => to !== from).map((to): Question => {
        const said = expected.findLast((one) => matches(one.from, from.name) && matches(one.to, to.name));
        return { from, to: to.name, address: to.address, reaches: said?.reaches ?? true };
      }),
    ),
    { from: own, to: "its own service", address: OWN.address, reaches: true },
  ];
}
