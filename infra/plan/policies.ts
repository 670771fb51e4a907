/**
 * Kubernetes' NetworkPolicy (networking.k8s.io/v1): a pod that a policy is for is closed in the policy's directions, but for what
 * any of its policies allows. Selectors and names of ports are resolved here, so that rules know addresses and numbers only.
 *
 * They are rules of the pod's host, in FORWARD: everything from or to a pod passes there, even what it sends a neighbour on
 * its bridge (bridge-nf-call-iptables), and destinations are endpoints already, not services. Rules in the pod's own
 * namespace would do as well, but whoever may change the pod could undo them there. A host itself always reaches its pods, and
 * they it: that is no forwarding, and Kubernetes has it so, too.
 */
import type { FilterRule, Match } from "../packet/netns.ts";
import { isIPv6, Subnet } from "../spec/address.ts";
import type { PolicyPeerSpec, PolicyPortSpec, PolicySpec } from "../spec/kubernetes.ts";
import { chainName, podId } from "../spec/names.ts";
import { closes, type Direction, policyName } from "../spec/policyRules.ts";
import type { ResolvedHost, ResolvedLab, ResolvedPod } from "../spec/resolvedLab.ts";
import { DEFAULT_NAMESPACE, podsSelected, portNamed } from "../spec/selection.ts";
import type { Fragment } from "./fragment.ts";

/** How a direction's rules name the pod and its peers. */
const SIDES = {
  egress: { own: "source", peer: "destination", chain: "PODLAB-FROM-" },
  ingress: { own: "destination", peer: "source", chain: "PODLAB-TO-" },
} as const;

/** What a host has of the lab's policies; nothing when they are for none of its pods. Stands before its services. */
export function policyFragments(lab: ResolvedLab, host: ResolvedHost): Fragment[] {
  const policies = lab.policies.map((policy) => {
    const { namespace = DEFAULT_NAMESPACE, podSelector } = policy;
    return { policy, pods: new Set(podsSelected(lab, namespace, podSelector).map(({ id }) => id)) };
  });
  const closed = (["egress", "ingress"] as const).flatMap((direction) =>
    host.pods.flatMap((pod) => {
      const own = policies.filter(({ pods }) => pods.has(podId(host.name, pod.name))).map(({ policy }) => policy);
      return closing(
        lab,
        pod,
        direction,
        own.filter((policy) => closes(policy, direction)),
      );
    }),
  );
  if (closed.length === 0) return [];
  const answers: FilterRule = { chain: "FORWARD", match: {}, action: "accept", established: true };
  return [{ filter: [answers, ...closed] }];
}

/** The rule that closes a pod in one direction. */
function closing(lab: ResolvedLab, pod: ResolvedPod, direction: Direction, own: readonly PolicySpec[]): FilterRule[] {
  if (own.length === 0) return [];
  const { own: end, peer, chain } = SIDES[direction];
  return [
    {
      chain: "FORWARD",
      match: { [end]: pod.address! },
      // What it sends itself through a service of its own comes by here as well.
      unless: [{ [peer]: `${pod.address}/32` }, ...own.flatMap((policy) => allowedBy(lab, policy, pod, direction))],
      action: own.some(({ action }) => action === "reject") ? "reject" : "drop",
      policy: { chain: chainName(chain, pod.name), names: own.map(policyName) },
    },
  ];
}

/** Every peer by every port; an empty list, or none, is everybody or everything. */
function allowedBy(lab: ResolvedLab, policy: PolicySpec, pod: ResolvedPod, direction: Direction): Match[] {
  const rules =
    direction === "ingress"
      ? (policy.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
      : (policy.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));
  return rules.flatMap(({ peers, ports }) => {
    const ends = peers.length === 0 ? [undefined] : peers.flatMap((one) => addressesOf(lab, policy, one));
    return ends.flatMap((address) => {
      const match: Match = address === undefined ? {} : { [SIDES[direction].peer]: address };
      return ports.length === 0
        ? [match]
        : ports.flatMap((port) => byPort(port, match, direction === "ingress" ? pod : podsIn(lab, address)));
    });
  });
}

/** Subnets of IPv4, for there are no policies of IPv6. */
function addressesOf(lab: ResolvedLab, { namespace = DEFAULT_NAMESPACE }: PolicySpec, peer: PolicyPeerSpec): string[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (ipBlock === undefined) {
    const chosen = podsSelected(lab, namespaceSelector ?? namespace, podSelector);
    return chosen.map(({ pod: { address } }) => `${address}/32`);
  }
  const { cidr, except = [] } = ipBlock;
  return isIPv6(cidr) ? [] : new Subnet(cidr).without(except.map((one) => new Subnet(one))).map(String);
}

function podsIn({ hosts }: ResolvedLab, cidr: string | undefined): ResolvedPod[] {
  const range = cidr === undefined ? undefined : new Subnet(cidr);
  return hosts.flatMap(({ pods }) => pods.filter(({ address }) => range?.contains(address!) ?? true));
}

/** @param asked the pod that is asked, or those that may be: in each a name may stand for another number */
function byPort(
  { protocol = "TCP", port, endPort }: PolicyPortSpec,
  match: Match,
  asked: ResolvedPod | readonly ResolvedPod[],
): Match[] {
  const by: Match = { ...match, protocol: protocol.toLowerCase() as Lowercase<typeof protocol> };
  if (port === undefined) return [by];
  if (typeof port === "number") return [{ ...by, port, ...(endPort === undefined ? {} : { endPort }) }];
  const named = (pod: ResolvedPod, more: Match = {}): Match[] => {
    const number = portNamed(pod, port, protocol);
    return number === undefined ? [] : [{ ...by, ...more, port: number }];
  };
  return "name" in asked ? named(asked) : asked.flatMap((pod) => named(pod, { destination: `${pod.address}/32` }));
}
