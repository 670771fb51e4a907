/** A node or a pod: its interfaces, tables and rules, and what was asked from it and of it. */
import { routeText, ruleText } from "../../../infra/packet/describe.ts";
import type { RuleRef } from "../../../infra/packet/hop.ts";
import type { Netns } from "../../../infra/packet/netns.ts";
import { Subnet } from "../../../infra/spec/address.ts";
import { plural } from "../../report/amounts.ts";
import { type Child, commands, h, listing, table } from "./dom.ts";
import { pairLinks } from "./head.ts";
import type { Lab } from "./lab.ts";
import { inside } from "./reproduce.ts";
import type { Choose, Shown } from "./shown.ts";

export function ofNetns({ lab, choose }: Shown, netns: Netns): Child {
  const { id, role, interfaces } = netns;
  const pod = lab.pod(id);
  const findings = lab.data.findings.filter(({ node }) => node === id);
  return [
    h("h2", id),
    h("p", { class: "soft" }, pod ? `pod in ${lab.container(id)}` : `${role}, container ${lab.container(id)}`),
    findings.map(({ cause }) => h("p", { class: "cause" }, cause)),
    table(
      "Interfaces",
      ["name", "address", "MTU", "plugged into"],
      interfaces.map(({ name, kind, addresses, mtu, link }) => [
        kind === "ethernet" ? name : `${name} (${kind})`,
        h("code", addresses.join(" ")),
        mtu,
        link,
      ]),
    ),
    lines("Routes", [...netns.routes.map(routeText), ...connected(netns)]),
    lines("NAT rules, in the order of their chains", rulesOf(netns, "nat")),
    lines("Filter rules", rulesOf(netns, "filter")),
    lines(
      "Listens on",
      netns.listeners.map(({ protocol, port, identity }) => `${protocol} ${port}${identity ? ` ${identity}` : ""}`),
    ),
    pod &&
      lines("Containers", [
        `${pod.pause} holds the network namespace`,
        ...pod.containers.map(({ container, image }) => `${container} (${image})`),
      ]),
    asked(lab, id, choose),
    h("h3", "Look inside"),
    commands(
      ["ip address", "ip route", ...(pod ? [] : ["iptables -t nat -S"])].map((command) => inside(lab, id, command)),
    ),
  ];
}

function connected({ interfaces }: Netns): string[] {
  return interfaces.flatMap(({ name, addresses }) =>
    addresses.map((cidr) => `${new Subnet(cidr)} dev ${name} (connected)`),
  );
}

function lines(title: string, all: readonly string[]): HTMLElement {
  if (all.length === 0) return h("p", { class: "soft" }, `${title}: none`);
  return h("div", h("h3", title), listing(all, title));
}

const MOST = 10;

/** What was asked from here and of here, and what of it failed. */
function asked(lab: Lab, id: string, choose: Choose): Child {
  const isHere = (end: string) => end === id || end.startsWith(`${id}/`);
  const own = lab.pairs.filter(({ from, to }) => isHere(from) || isHere(to));
  const total = own.reduce((sum, pair) => sum + lab.judgedOf(pair).length, 0);
  const failing = own.filter((pair) => lab.judgedOf(pair).some(({ verdict }) => verdict !== "pass"));
  const verdict = failing.length === 0 ? "all as expected" : `${plural(failing.length, "pair")} not as expected:`;
  return [
    h("h3", "Checks"),
    h("p", `${plural(total, "check")} from it or to it; ${verdict}`),
    pairLinks(failing, MOST, choose),
  ];
}

export function rulesOf(netns: Netns, table: "nat" | "filter"): string[] {
  const numbers = new Map<string, number>();
  return netns[table].map((rule) => {
    const number = (numbers.get(rule.chain) ?? 0) + 1;
    numbers.set(rule.chain, number);
    return ruleText({ netns: netns.id, table, number, rule } as RuleRef);
  });
}
