/** A node or a pod: its interfaces, tables and rules, and what was asked from it and of it. */

import { routeText, ruleText } from "../../../infra/packet/describe.ts";
import type { Netns } from "../../../infra/packet/netns.ts";
import { Subnet } from "../../../infra/spec/address.ts";
import { commands, h, plural, table } from "./dom.ts";
import type { Lab } from "./lab.ts";
import { inside } from "./reproduce.ts";
import type { Shown } from "./shown.ts";

export function ofNetns({ lab, choose }: Shown, netns: Netns): Node[] {
  const { id, role, interfaces } = netns;
  const pod = lab.pod(id);
  const findings = lab.data.findings.filter(({ node }) => node === id);
  return [
    h("h2", {}, id),
    h("p", { class: "soft" }, pod ? `pod in ${lab.container(id)}` : `${role}, container ${lab.container(id)}`),
    ...findings.map(({ cause }) => h("p", { class: "cause" }, cause)),
    table(
      "Interfaces",
      ["name", "address", "MTU", "plugged into"],
      interfaces.map(({ name, kind, addresses, mtu, link }) => [
        kind === "ethernet" ? name : `${name} (${kind})`,
        h("code", {}, addresses.join(" ")),
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
    ...(pod
      ? [
          lines("Containers", [
            `${pod.pause} holds the network namespace`,
            ...pod.containers.map(({ container, image }) => `${container} (${image})`),
          ]),
        ]
      : []),
    ...asked(lab, id, choose),
    h("h3", {}, "Look inside"),
    commands([
      inside(lab, id, "ip address"),
      inside(lab, id, "ip route"),
      ...(pod ? [] : [inside(lab, id, "iptables -t nat -S")]),
    ]),
  ];
}

function connected({ interfaces }: Netns): string[] {
  return interfaces.flatMap(({ name, addresses }) =>
    addresses.map((cidr) => `${new Subnet(cidr)} dev ${name} (connected)`),
  );
}

function lines(title: string, all: readonly string[]): HTMLElement {
  if (all.length === 0) return h("p", { class: "soft" }, `${title}: none`);
  return h(
    "div",
    {},
    h("h3", {}, title),
    h("pre", { tabindex: 0, "aria-label": title }, h("code", {}, all.join("\n"))),
  );
}

const MOST = 10;

/** What was asked from here and of here, and what of it failed. */
function asked(lab: Lab, id: string, choose: Shown["choose"]): Node[] {
  const own = lab.pairs.filter(
    ({ from, to }) => from === id || to === id || from.startsWith(`${id}/`) || to.startsWith(`${id}/`),
  );
  const judged = own.map((pair) => ({ pair, all: lab.judgedOf(pair) }));
  const total = judged.reduce((sum, { all }) => sum + all.length, 0);
  const failing = judged.filter(({ all }) => all.some(({ verdict }) => verdict !== "pass"));
  return [
    h("h3", {}, "Checks"),
    h(
      "p",
      {},
      `${plural(total, "check")} from it or to it; ${failing.length === 0 ? "all as expected" : `${plural(failing.length, "pair")} not as expected:`}`,
    ),
    h(
      "p",
      { class: "pairs" },
      failing
        .slice(0, MOST)
        .map(({ pair: { from, to } }) =>
          h("button", { type: "button", onclick: () => choose({ from, to }) }, `${from} → ${to}`),
        ),
      failing.length > MOST ? ` and ${failing.length - MOST} more` : "",
    ),
  ];
}

export function rulesOf(netns: Netns, name: "nat" | "filter"): string[] {
  const numbers = new Map<string, number>();
  const next = (chain: string) => {
    numbers.set(chain, (numbers.get(chain) ?? 0) + 1);
    return numbers.get(chain)!;
  };
  return name === "nat"
    ? netns.nat.map((rule) => ruleText({ netns: netns.id, table: "nat", number: next(rule.chain), rule }))
    : netns.filter.map((rule) => ruleText({ netns: netns.id, table: "filter", number: next(rule.chain), rule }));
}
