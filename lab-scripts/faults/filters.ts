/** Faults of rules: packets that a node drops or rejects, hosts that are cut off from each other, NAT that is gone. */
import { familiesIn, familyOf } from "../../infra/expect/endpoints.ts";
import type { FilterRule, Interface } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { change, filtered } from "./effect.ts";
import type { Aimed, Fault } from "./fault.ts";
import { destinationOf, deviceOf, forwardersOf, hostNamed, netnsNamed, nodeNamed, refuse, routerOn } from "./target.ts";

const TOOLS = { 4: "iptables", 6: "ip6tables" } as const;

/** Of the families that the lab has. */
export const toolsOf = (plan: LabPlan): string[] => familiesIn(plan).map((family) => TOOLS[family]);

/** Tells a fault's rules from all others. */
export const MARK = "-m comment --comment podlab-fault";

export const drop = refusal("drop", "let a node drop, without a word, what it should pass on to a subnet");
export const reject = refusal("reject", "let a node reject, with an ICMP error, what it should pass on to a subnet");

function refusal(action: "drop" | "reject", about: string): Fault {
  return {
    name: action,
    about,
    usage: "NODE SUBNET",
    aim(plan, [target, cidr]) {
      const { name: node } = nodeNamed(plan, target, forwardersOf(plan));
      const destination = destinationOf(cidr);
      return ruled(node, `${node} ${action}s what it should pass on to ${cidr}`, [
        {
          words: `-d ${destination}`,
          rule: { ...familyOf(destination), chain: "FORWARD", match: { destination }, action },
        },
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
    const [a, b] = hosts.map(({ segment }) => routerOn(plan, segment)) as [Interface, Interface];
    const between = (from: Interface, to: Interface) =>
      familiesIn(plan).map((family) => ({
        words: `-i ${deviceOf(from)} -o ${deviceOf(to)}`,
        rule: {
          ...(family === 6 ? { family } : {}),
          chain: "FORWARD",
          match: { inInterface: from.name, outInterface: to.name },
          action: "drop",
        } satisfies FilterRule,
      }));
    const rules = [...between(a, b), ...between(b, a)];
    return ruled("router", `the router drops what goes between ${one} and ${other}`, rules);
  },
};

export const natFlush: Fault = {
  name: "nat-flush",
  about: "empty the NAT chains of a node",
  usage: "NODE",
  aim(plan, [target]) {
    const translators = plan.nodes.filter(({ name }) => netnsNamed(plan, name).nat.length > 0);
    const { name: node } = nodeNamed(plan, target, translators);
    const flush = (tool: string) =>
      `${tool} -t nat -S | sed -n 's/^-N \\(PODLAB-[^ ]*\\)$/\\1/p' | while read -r chain; do ${tool} -t nat -F "$chain"; done`;
    return {
      says: `${node}'s NAT rules are gone`,
      acts: [{ node, inject: toolsOf(plan).map(flush) }],
      effect: (healthy) => change(healthy, [node], (netns) => ({ ...netns, nat: [] })),
    };
  },
};

/** Rules in front of a node's FORWARD chain, in both of their forms. */
function ruled(node: string, says: string, rules: readonly { words: string; rule: FilterRule }[]): Aimed {
  const command = (does: "-I" | "-D", { words, rule }: (typeof rules)[number]) =>
    `${TOOLS[rule.family ?? 4]} ${does} FORWARD ${words} ${MARK} -j ${rule.action.toUpperCase()}`;
  const inject = rules.map((one) => command("-I", one));
  const undo = rules.map((one) => `while ${command("-D", one)} 2> /dev/null; do :; done`);
  return {
    says,
    acts: [{ node, inject, undo }],
    effect: (healthy) => change(healthy, [node], (netns) => filtered(netns, ...rules.map(({ rule }) => rule))),
  };
}
