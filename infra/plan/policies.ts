/**
 * Policies in the spirit of Kubernetes' NetworkPolicy: a pod that a policy is for is closed in the policy's directions, but
 * for what any of its policies allows.
 *
 * They are rules of the pod's host, in FORWARD: everything from or to a pod passes there, even what it sends a neighbour on
 * its bridge (bridge-nf-call-iptables), and destinations are endpoints already, not services. Rules in the pod's own
 * namespace would do as well, but whoever may change the pod could undo them there. A host itself always reaches its pods, and
 * they it: that is no forwarding, and Kubernetes has it so, too.
 */
import { createHash } from "node:crypto";
import type { FilterRule, Match } from "../packet/netns.ts";
import { Subnet } from "../spec/address.ts";
import type { PolicyPeerSpec, PolicySpec } from "../spec/kubernetes.ts";
import { podId } from "../spec/names.ts";
import { closes } from "../spec/policyRules.ts";
import { podsWith } from "../spec/resolve.ts";
import type { ResolvedHost, ResolvedLab, ResolvedPod } from "../spec/resolvedLab.ts";
import type { Fragment } from "./fragment.ts";

const DIRECTIONS = ["egress", "ingress"] as const;
type Direction = (typeof DIRECTIONS)[number];

/** What a host has of the lab's policies; nothing when they are for none of its pods. Stands before its services. */
export function policyFragments(lab: ResolvedLab, host: ResolvedHost): Fragment[] {
  const closed = host.pods.flatMap((pod) => {
    const own = closedPod(lab, host, pod);
    return own.directions.length > 0 ? [own] : [];
  });
  if (closed.length === 0) return [];
  const answers: FilterRule = { chain: "FORWARD", match: {}, action: "accept", established: true };
  return [
    {
      filter: [
        answers,
        ...DIRECTIONS.flatMap((way) =>
          closed.flatMap(({ directions }) => directions.flatMap((one) => (one.direction === way ? one.rule : []))),
        ),
      ],
    },
  ];
}

interface Closed {
  readonly direction: Direction;
  readonly rule: FilterRule & { readonly unless: readonly Match[] };
}

function closedPod(lab: ResolvedLab, host: ResolvedHost, pod: ResolvedPod) {
  const id = podId(host.name, pod.name);
  const own = lab.policies.filter(({ podSelector }) => podsWith([host], podSelector).includes(id));
  const directions = DIRECTIONS.flatMap((direction): Closed[] => {
    const closing = own.filter((policy) => closes(policy, direction));
    if (closing.length === 0) return [];
    const [end, chain] = direction === "ingress" ? (["destination", "TO"] as const) : (["source", "FROM"] as const);
    return [
      {
        direction,
        rule: {
          chain: "FORWARD",
          match: { [end]: pod.address! },
          unless: closing.flatMap((policy) => allowedBy(lab, policy, direction)),
          action: closing.some(({ action }) => action === "reject") ? "reject" : "drop",
          policy: { chain: `PODLAB-${chain}-${chainSuffix(pod.name)}`, names: closing.map(({ name }) => name) },
        },
      },
    ];
  });
  return { pod, directions };
}

/** Every peer by every port; who is not named is everybody, and what is not named is everything. */
function allowedBy(lab: ResolvedLab, policy: PolicySpec, direction: Direction): Match[] {
  const rules =
    direction === "ingress"
      ? (policy.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  const end = direction === "ingress" ? "source" : "destination";
  return rules.flatMap(({ peers, ports }) => {
    const ends: Match[] = peers?.flatMap((one) => addressesOf(lab, one)).map((cidr) => ({ [end]: cidr })) ?? [{}];
    const kinds: Match[] = ports?.map(({ protocol = "tcp", port }) => ({ protocol, port })) ?? [{}];
    return ends.flatMap((one) => kinds.map((kind) => ({ ...one, ...kind })));
  });
}

function addressesOf({ hosts }: ResolvedLab, { podSelector, cidr, except = [] }: PolicyPeerSpec): string[] {
  if (cidr !== undefined) {
    return new Subnet(cidr).without(except.map((one) => new Subnet(one))).map(String);
  }
  const chosen = new Set(podsWith(hosts, podSelector ?? {}));
  const pods = hosts.flatMap((host) => host.pods.filter((pod) => chosen.has(podId(host.name, pod.name))));
  return pods.map(({ address }) => `${address}/32`);
}

/**
 * A pod in the name of an iptables chain, which holds 28 characters: `PODLAB-FROM-` and 16 more. A longer name is cut, and told
 * from others by a digest.
 */
export function chainSuffix(pod: string): string {
  if (pod.length <= 16) return pod;
  return `${pod.slice(0, 9)}-${createHash("sha256").update(pod).digest("hex").slice(0, 6)}`;
}
