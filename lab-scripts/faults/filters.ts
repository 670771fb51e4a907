/** Faults of rules: packets that a node drops or rejects, hosts that are cut off from each other, NAT that is gone. */
import type { FilterRule, Interface } from "../../infra/model/netns.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { change, filtered } from "./effect.ts";
import type { Aimed, Fault } from "./fault.ts";
import { destinationOf, deviceOf, hostNamed, netnsNamed, nodeNamed, refuse } from "./target.ts";

/** Tells a fault's rules from all others. */
const MARK = "-m comment --comment podlab-fault";

export const drop = refusal("drop", "let a node drop, without a word, what it should pass on to a subnet");
export const reject = refusal("reject", "let a node reject, with an ICMP error, what it should pass on to a subnet");

function refusal(action: "drop" | "reject", about: string): Fault {
  return {
    name: action,
    about,
    usage: "NODE SUBNET",
    aim(plan, [target, cidr]) {
      const { name: node } = nodeNamed(plan, target, forwarders(plan));
      const destination = destinationOf(cidr);
      return ruled(node, `${node} ${action}s what it should pass on to ${cidr}`, [
        { words: `-d ${destination}`, rule: { chain: "FORWARD", match: { destination }, action } },
      ]);
    },
  };
}

export const partition: Fault = {
  name: "partition",
  about: "cut two hosts off from each other: the router drops what goes between them",
  usage: "HOST HOST",
  aim(plan, [one, other]) {
    const hosts = [hostNamed(plan, one), hostNamed(plan, other)] as const;
    if (hosts[0] === hosts[1]) refuse(`${one} can't be cut off from itself; name two hosts`);
    const [a, b] = hosts.map(({ segment }) => portOn(plan, segment)) as [Interface, Interface];
    const between = (from: Interface, to: Interface) => ({
      words: `-i ${deviceOf(from)} -o ${deviceOf(to)}`,
      rule: {
        chain: "FORWARD",
        match: { inInterface: from.name, outInterface: to.name },
        action: "drop",
      } satisfies FilterRule,
    });
    return ruled("router", `the router drops what goes between ${one} and ${other}`, [between(a, b), between(b, a)]);
  },
};

export const natFlush: Fault = {
  name: "nat-flush",
  about: "empty the NAT chains of a node",
  usage: "NODE",
  aim(plan, [target]) {
    const translators = plan.nodes.filter(({ name }) => netnsNamed(plan, name).nat.length > 0);
    const { name: node } = nodeNamed(plan, target, translators);
    return {
      says: `${node}'s NAT rules are gone`,
      acts: [
        {
          node,
          inject: [
            "iptables -t nat -S | sed -n 's/^-N \\(PODLAB-[^ ]*\\)$/\\1/p' | while read -r chain; do iptables -t nat -F \"$chain\"; done",
          ],
          undo: [],
        },
      ],
      effect: (healthy) => change(healthy, [node], (netns) => ({ ...netns, nat: [] })),
    };
  },
};

/** Rules in front of a node's FORWARD chain, in both of their forms. */
function ruled(node: string, says: string, rules: readonly { words: string; rule: FilterRule }[]): Aimed {
  const text = ({ words, rule }: (typeof rules)[number]) => `FORWARD ${words} ${MARK} -j ${rule.action.toUpperCase()}`;
  const tool = (words: string) => (words.includes(":") ? "ip6tables" : "iptables");
  return {
    says,
    acts: [
      {
        node,
        inject: rules.map((one) => `${tool(one.words)} -I ${text(one)}`),
        undo: rules.map((one) => `while ${tool(one.words)} -D ${text(one)} 2> /dev/null; do :; done`),
      },
    ],
    effect: (healthy) => change(healthy, [node], (netns) => filtered(netns, ...rules.map(({ rule }) => rule))),
  };
}

function portOn(plan: LabPlan, segment: string): Interface {
  return netnsNamed(plan, "router").interfaces.find(({ link }) => link === segment)!;
}

const forwarders = (plan: LabPlan) => plan.nodes.filter(({ role }) => role !== "internet");
