/**
 * The cases of Kubernetes' end-to-end suite "Netpol", by their names there (network_policy.go): which policies apply, and who may
 * reach whom. Those of SCTP connectivity are left out; so is what asks a pod about itself, which the suite leaves open.
 */
import type { Labels, PolicySpec } from "../../infra/spec/kubernetes.ts";

export type Policy = PolicySpec;

/** All reach all, but for this; what comes later counts. `x/*` is every pod of x, `*` every pod. */
interface Truth {
  readonly from: string;
  readonly to: string;
  readonly reaches: boolean;
}

export interface Check {
  readonly protocol: "tcp" | "udp";
  readonly port: 80 | 81;
  readonly expected: readonly Truth[];
}

export interface Step {
  readonly policies: readonly Policy[];
  /** Added to those of a pod, by its name. */
  readonly podLabels?: Readonly<Record<string, Labels>>;
  readonly namespaceLabels?: Readonly<Record<string, Labels>>;
  readonly checks: readonly Check[];
}

export interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
}

type Selector = NonNullable<Policy["podSelector"]>;
type Ingress = NonNullable<Policy["ingress"]>;
type Egress = NonNullable<Policy["egress"]>;

const no = (from: string, to: string): Truth => ({ from, to, reaches: false });
const yes = (from: string, to: string): Truth => ({ from, to, reaches: true });
const tcp = (port: Check["port"], ...expected: Truth[]): Check => ({ protocol: "tcp", port, expected });
const udp = (port: Check["port"], ...expected: Truth[]): Check => ({ protocol: "udp", port, expected });

const pod = (name: string): Selector => ({ matchLabels: { pod: name } });
const namespace = (name: string): Selector => ({ matchLabels: { "kubernetes.io/metadata.name": name } });
const namespaces = (operator: "In" | "NotIn", ...values: string[]): Selector => ({
  matchExpressions: [{ key: "kubernetes.io/metadata.name", operator, values }],
});
const pods = (...values: string[]): Selector => ({ matchExpressions: [{ key: "pod", operator: "In", values }] });

/** As the suite makes them: a direction that is named is among the types, whether it has rules or not. */
const ingress = (podSelector: Selector, rules: Ingress = [], name = "ingress", of = "x"): Policy => {
  return { name, namespace: of, podSelector, policyTypes: ["Ingress"], ingress: rules };
};
const egress = (podSelector: Selector, rules: Egress = [], name = "egress"): Policy => {
  return { name, namespace: "x", podSelector, policyTypes: ["Egress"], egress: rules };
};
const ALL: Selector = {};
const A = pod("a");

const DENY_ALL: Policy = {
  name: "deny-all",
  namespace: "x",
  podSelector: ALL,
  policyTypes: ["Ingress", "Egress"],
  ingress: [],
  egress: [],
};

/** A case that is asked once. */
const once = (name: string, policies: readonly Policy[], ...checks: Check[]): Case => ({
  name,
  steps: [{ policies, checks }],
});

const FROM_Y = { namespaceSelector: namespace("y") };
const ONLY_Y = [no("x/*", "x/a"), no("z/*", "x/a")];
const ALLOW_81 = ingress(A, [{ from: [FROM_Y], ports: [{ port: 81, protocol: "TCP" }] }], "allow-81");
const ALLOW_80 = ingress(A, [{ from: [FROM_Y], ports: [{ port: 80, protocol: "TCP" }] }], "allow-80");
const X_B = "192.168.20.3";
const Y_B = "192.168.30.3";
const EXCEPT_X_B = egress(A, [{ to: [{ ipBlock: { cidr: "192.0.0.0/4", except: [`${X_B}/32`] } }] }]);
const TO_Y_A = egress(A, [{ to: [{ namespaceSelector: namespace("y"), podSelector: A }] }]);
const FROM_X_A: Ingress = [{ from: [{ namespaceSelector: namespace("x"), podSelector: A }] }];
const ONLY_B = [no("*", "x/a"), yes("x/b", "x/a")];

export const CASES: readonly Case[] = [
  once("should support a 'default-deny-ingress' policy", [ingress(ALL)], tcp(80, no("*", "x/*"))),
  once("should support a 'default-deny-all' policy", [DENY_ALL], tcp(80, no("*", "x/*"), no("x/*", "*"))),
  once(
    "should enforce policy to allow traffic from pods within server namespace based on PodSelector",
    [ingress(A, [{ from: [{ podSelector: pod("b") }] }])],
    tcp(80, ...ONLY_B),
  ),
  once(
    "should enforce policy to allow ingress traffic for a target",
    [ingress(ALL, [], "deny-all"), ingress(A, [{ from: [{ podSelector: {}, namespaceSelector: {} }] }], "allow-a")],
    tcp(80, no("*", "x/b"), no("*", "x/c")),
  ),
  once(
    "should enforce policy to allow ingress traffic from pods in all namespaces",
    [ingress(A, [{ from: [{ namespaceSelector: { matchLabels: {} } }] }])],
    tcp(80),
  ),
  once(
    "should enforce policy to allow traffic only from a different namespace, based on NamespaceSelector",
    [ingress(A, [{ from: [FROM_Y] }])],
    tcp(80, ...ONLY_Y),
  ),
  once(
    "should enforce policy based on PodSelector with MatchExpressions",
    [ingress(A, [{ from: [{ podSelector: pods("b") }] }])],
    tcp(80, ...ONLY_B),
  ),
  once(
    "should enforce policy based on NamespaceSelector with MatchExpressions",
    [ingress(A, [{ from: [{ namespaceSelector: namespaces("In", "y") }] }])],
    tcp(80, ...ONLY_Y),
  ),
  once(
    "should enforce policy based on PodSelector or NamespaceSelector",
    [ingress(A, [{ from: [{ namespaceSelector: namespaces("NotIn", "x") }, { podSelector: pod("b") }] }])],
    tcp(80, no("x/c", "x/a")),
  ),
  once(
    "should enforce policy based on PodSelector and NamespaceSelector",
    [ingress(A, [{ from: [{ namespaceSelector: namespaces("NotIn", "x"), podSelector: pod("b") }] }])],
    tcp(80, no("*", "x/a"), yes("y/b", "x/a"), yes("z/b", "x/a")),
  ),
  once(
    "should enforce policy based on Multiple PodSelectors and NamespaceSelectors",
    [ingress(A, [{ from: [{ namespaceSelector: namespaces("NotIn", "x"), podSelector: pods("b", "c") }] }])],
    tcp(80, no("x/*", "x/a"), no("y/a", "x/a"), no("z/a", "x/a")),
  ),
  once(
    "should enforce policy based on any PodSelectors",
    [ingress(A, [{ from: [{ podSelector: pod("b") }, { podSelector: pod("c") }] }])],
    tcp(80, ...ONLY_B, yes("x/c", "x/a")),
  ),
  once(
    "should enforce policy to allow traffic only from a pod in a different namespace based on PodSelector and NamespaceSelector",
    [ingress(A, [{ from: [{ namespaceSelector: namespace("y"), podSelector: A }] }])],
    tcp(80, no("*", "x/a"), yes("y/a", "x/a")),
  ),
  once("should enforce policy based on Ports", [ALLOW_81], tcp(81, ...ONLY_Y)),
  {
    name: "should enforce multiple, stacked policies with overlapping podSelectors",
    steps: [
      { policies: [ALLOW_81], checks: [tcp(81, ...ONLY_Y), tcp(80, no("*", "x/a"))] },
      { policies: [ALLOW_81, ALLOW_80], checks: [tcp(80, ...ONLY_Y)] },
    ],
  },
  once("should support allow-all policy", [ingress({ matchLabels: {} }, [{}])], tcp(80), tcp(81)),
  once(
    "should allow ingress access on one named port",
    [ingress({ matchLabels: {} }, [{ ports: [{ port: "serve-81-tcp" }] }])],
    tcp(81),
    tcp(80, no("*", "x/*")),
  ),
  once(
    "should allow ingress access from namespace on one named port",
    [ingress(A, [{ from: [FROM_Y], ports: [{ port: "serve-80-tcp", protocol: "TCP" }] }])],
    tcp(80, ...ONLY_Y),
    tcp(81, no("*", "x/a")),
  ),
  once(
    "should allow egress access on one named port",
    [egress({ matchLabels: {} }, [{ ports: [{ port: "serve-80-tcp" }] }])],
    tcp(80),
    tcp(81, no("x/*", "*")),
  ),
  {
    name: "should enforce updated policy",
    steps: [
      { policies: [ingress({ matchLabels: {} }, [{}])], checks: [tcp(81)] },
      { policies: [ingress({ matchLabels: {} }, [])], checks: [tcp(81, no("*", "x/*"))] },
    ],
  },
  {
    name: "should allow ingress access from updated namespace",
    steps: [undefined, { y: { ns2: "updated" } }].map((namespaceLabels) => ({
      policies: [ingress(A, [{ from: [{ namespaceSelector: { matchLabels: { ns2: "updated" } } }] }])],
      ...(namespaceLabels && { namespaceLabels }),
      checks: [tcp(80, no("*", "x/a"), ...(namespaceLabels ? [yes("y/*", "*")] : []))],
    })),
  },
  {
    name: "should allow ingress access from updated pod",
    steps: [undefined, { "x/b": { pod2: "updated" } }].map((podLabels) => ({
      policies: [ingress(A, [{ from: [{ podSelector: { matchLabels: { pod: "b", pod2: "updated" } } }] }])],
      ...(podLabels && { podLabels }),
      checks: [tcp(80, no("*", "x/a"), ...(podLabels ? [yes("x/b", "x/a")] : []))],
    })),
  },
  once(
    "should deny ingress from pods on other namespaces",
    [ingress(ALL, [{ from: [{ podSelector: { matchLabels: {} } }] }])],
    tcp(80, no("y/*", "x/*"), no("z/*", "x/*")),
  ),
  {
    name: "should deny ingress access to updated pod",
    steps: [undefined, { "x/a": { target: "isolated" } }].map((podLabels) => ({
      policies: [ingress({ matchLabels: { target: "isolated" } })],
      ...(podLabels && { podLabels }),
      checks: [tcp(80, ...(podLabels ? [no("*", "x/a")] : []))],
    })),
  },
  once("should deny egress from pods based on PodSelector", [egress(A)], tcp(80, no("x/a", "*"))),
  once("should deny egress from all pods in a namespace", [egress(ALL)], tcp(80, no("x/*", "*"))),
  once(
    "should work with Ingress, Egress specified together",
    [
      {
        ...ingress(A, [{ from: [{ podSelector: pod("b") }] }]),
        egress: [{ ports: [{ port: 80 }] }],
        policyTypes: ["Egress", "Ingress"],
      },
    ],
    tcp(80, ...ONLY_B),
    tcp(81, no("*", "x/a"), no("x/a", "*"), yes("x/b", "x/a")),
  ),
  once(
    "should support denying of egress traffic on the client side (even if the server explicitly allows this traffic)",
    [TO_Y_A, ingress(A, FROM_X_A, "on-a", "y"), ingress(pod("b"), FROM_X_A, "on-b", "y")],
    tcp(80, no("x/a", "*"), no("*", "y/a"), yes("x/a", "y/a"), no("*", "y/b")),
  ),
  once(
    "should enforce egress policy allowing traffic to a server in a different namespace based on PodSelector and NamespaceSelector",
    [TO_Y_A],
    tcp(80, no("x/a", "*"), yes("x/a", "y/a")),
  ),
  once(
    "should enforce ingress policy allowing any port traffic to a server on a specific protocol",
    [ingress(A, [{ ports: [{ protocol: "TCP" }] }])],
    tcp(80),
    udp(80, no("*", "x/a")),
  ),
  {
    name: "should enforce multiple ingress policies with ingress allow-all policy taking precedence",
    steps: [false, true].map((all) => ({
      policies: [
        ingress({ matchLabels: {} }, [{ ports: [{ port: 80 }] }], "only-80"),
        ...(all ? [ingress({ matchLabels: {} }, [{}], "all")] : []),
      ],
      checks: [tcp(81, ...(all ? [] : [no("*", "x/*")]))],
    })),
  },
  {
    name: "should enforce multiple egress policies with egress allow-all policy taking precedence",
    steps: [false, true].map((all) => ({
      policies: [
        egress({ matchLabels: {} }, [{ ports: [{ port: 80 }] }], "only-80"),
        ...(all ? [egress({ matchLabels: {} }, [{}], "all")] : []),
      ],
      checks: [tcp(81, ...(all ? [] : [no("x/*", "*")]))],
    })),
  },
  {
    name: "should stop enforcing policies after they are deleted",
    steps: [
      { policies: [DENY_ALL], checks: [tcp(80, no("x/*", "*"), no("*", "x/*"))] },
      { policies: [], checks: [tcp(80)] },
    ],
  },
  once(
    "should allow egress access to server in CIDR block",
    [egress(A, [{ to: [{ ipBlock: { cidr: `${Y_B}/32` } }] }])],
    tcp(80, no("x/a", "*"), yes("x/a", "y/b")),
  ),
  once(
    "should enforce except clause while egress access to server in CIDR block",
    [EXCEPT_X_B],
    tcp(80, no("x/a", "x/b")),
  ),
  {
    name: "should ensure an IP overlapping both IPBlock.CIDR and IPBlock.Except is allowed",
    steps: [
      { policies: [EXCEPT_X_B], checks: [tcp(80, no("x/a", "x/b"))] },
      {
        policies: [egress(A, [{ to: [{ ipBlock: { cidr: `${X_B}/32` } }] }])],
        checks: [tcp(80, no("x/a", "*"), yes("x/a", "x/b"))],
      },
    ],
  },
  {
    name: "should enforce policies to check ingress and egress policies can be controlled independently based on PodSelector",
    steps: [
      { policies: [egress(A, [{}])], checks: [tcp(80)] },
      { policies: [egress(A, [{}]), ingress(A)], checks: [tcp(80, no("*", "x/a"))] },
    ],
  },
  once(
    "should not mistakenly treat 'protocol: SCTP' as 'protocol: TCP', even if the plugin doesn't support SCTP",
    [ingress(ALL, [], "deny"), ingress(A, [{ ports: [{ port: 81, protocol: "SCTP" }] }], "sctp")],
    tcp(81, no("*", "x/*")),
  ),
  once(
    "should properly isolate pods that are selected by a policy allowing SCTP, even if the plugin doesn't support SCTP",
    [ingress(A, [{ ports: [{ port: 80, protocol: "SCTP" }] }])],
    tcp(81, no("*", "x/a")),
  ),
  once(
    "should not allow access by TCP when a policy specifies only UDP",
    [ingress(A, [{ ports: [{ port: 81, protocol: "UDP" }] }])],
    tcp(81, no("*", "x/a")),
  ),
  once(
    "should enforce policy to allow traffic based on NamespaceSelector with MatchLabels using default ns label",
    [ingress(A, [{ from: [FROM_Y] }])],
    tcp(80, ...ONLY_Y),
  ),
  once(
    "should enforce policy based on NamespaceSelector with MatchExpressions using default ns label",
    [egress(A, [{ to: [{ namespaceSelector: namespaces("NotIn", "y") }] }])],
    tcp(80, no("x/a", "y/*")),
  ),
  once("UDP: should support a 'default-deny-ingress' policy", [ingress(ALL)], udp(80, no("*", "x/*"))),
  once(
    "UDP: should enforce policy based on Ports",
    [ingress(A, [{ from: [FROM_Y], ports: [{ port: 81, protocol: "UDP" }] }])],
    udp(81, ...ONLY_Y),
  ),
  once(
    "UDP: should enforce policy to allow traffic only from a pod in a different namespace based on PodSelector and NamespaceSelector",
    [ingress(A, [{ from: [{ namespaceSelector: namespace("y"), podSelector: A }] }])],
    udp(80, no("*", "x/a"), yes("y/a", "x/a")),
  ),
];
