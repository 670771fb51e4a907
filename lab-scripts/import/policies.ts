/** Network policies of a cluster, which mean in a lab what they mean there. */
import { isIPv6, isSubnet, Subnet } from "../../infra/spec/address.ts";
import type { PolicyPeerSpec, PolicyPortSpec, PolicySpec } from "../../infra/spec/kubernetes.ts";
import { given, unlessEmpty } from "../given.ts";
import { type Policy, unlessTcp } from "./manifests.ts";
import type { Names } from "./names.ts";
import type { Notes } from "./notes.ts";

const NAMESPACE_NAME = "kubernetes.io/metadata.name";

interface Context {
  /** Those of the policies of its namespace. */
  readonly names: Names;
  /** Returns a namespace's name in the lab. */
  readonly namespace: (name: string) => string;
}

type Rule = NonNullable<Policy["spec"]["ingress"]>[number] | NonNullable<Policy["spec"]["egress"]>[number];
type Peer = NonNullable<NonNullable<Policy["spec"]["ingress"]>[number]["from"]>[number];
type Selector = NonNullable<Peer["podSelector"]>;

/** Returns a policy of the lab. */
export function policyOf({ metadata, spec, item }: Policy, { names, namespace }: Context, notes: Notes): PolicySpec {
  const name = notes.called(item, metadata.name, names.take(metadata.name));
  const { ingress, egress } = spec;
  const rule = <T extends Rule>(one: T, peers: readonly Peer[], key: "from" | "to") => {
    const kept = peers.flatMap((peer) => peerOf(peer, namespace, item, notes));
    // An empty list would stand for everybody.
    if (peers.length > 0 && kept.length === 0) {
      notes.changed(item, "a rule is left out, for it has no peer left");
      return [];
    }
    return [given({ [key]: unlessEmpty(kept), ports: unlessEmpty(one.ports.map(portOf)) })];
  };
  return {
    name,
    namespace: namespace(metadata.namespace),
    podSelector: selectorOf(spec.podSelector ?? {}),
    // What closes egress without types are its rules, as written: those that are left out count.
    policyTypes: spec.policyTypes?.length
      ? spec.policyTypes
      : ["Ingress", ...(egress?.length ? (["Egress"] as const) : [])],
    ...given({
      ingress: ingress?.flatMap((one) => rule(one, one.from, "from")),
      egress: egress?.flatMap((one) => rule(one, one.to, "to")),
    }),
  };
}

function peerOf(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  namespace: Context["namespace"],
  item: string,
  notes: Notes,
): PolicyPeerSpec[] {
  if (ipBlock && isIPv6(ipBlock.cidr)) {
    notes.changed(item, `ipBlock ${ipBlock.cidr} is left out, for the lab has IPv4 only`);
    return [];
  }
  return [
    given({
      podSelector: podSelector && selectorOf(podSelector),
      namespaceSelector: namespaceSelector && selectorOf(renamed(namespaceSelector, namespace)),
      ipBlock: ipBlock && {
        cidr: whole(ipBlock.cidr),
        ...given({ except: unlessEmpty(ipBlock.except.map(whole)) }),
      },
    }),
  ];
}

/** Kubernetes takes a range with bits right of its prefix, and means the range. */
const whole = (cidr: string): string => (isSubnet(cidr) ? String(new Subnet(cidr)) : cidr);

/** A namespace that has another name in the lab has it in the label by which Kubernetes tells it, too. */
function renamed({ matchLabels, matchExpressions }: Selector, namespace: Context["namespace"]): Selector {
  const label = matchLabels?.[NAMESPACE_NAME];
  return {
    matchLabels: label === undefined ? matchLabels : { ...matchLabels, [NAMESPACE_NAME]: namespace(label) },
    matchExpressions: matchExpressions?.map((one) =>
      one.key === NAMESPACE_NAME ? { ...one, values: one.values?.map(namespace) } : one,
    ),
  };
}

function selectorOf({ matchLabels, matchExpressions = [] }: Partial<Selector>): NonNullable<PolicySpec["podSelector"]> {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    return { key, operator, ...given({ values: unlessEmpty(values) }) };
  });
  return given({ matchLabels, matchExpressions: unlessEmpty(expressions) });
}

const portOf = ({ protocol, port, endPort }: Rule["ports"][number]): PolicyPortSpec =>
  given({ protocol: unlessTcp(protocol), port, endPort });
