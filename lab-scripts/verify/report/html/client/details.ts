/** The details beside the page: of two ends, of a node or pod, of a link. */
import { Subnet } from "../../../../../infra/model/address.ts";
import type { Netns } from "../../../../../infra/model/netns.ts";
import { routeText } from "../../../../../infra/model/walk/describe.ts";
import { expectedText, type ReportedCheck, sightText } from "../../report.ts";
import { byId, commands, h, plural, table } from "./dom.ts";
import type { Filter, Lab } from "./lab.ts";
import { checkCommand, inside, probeCommand, walkCommand } from "./reproduce.ts";
import { rulesOf } from "./rules.ts";
import type { Selected } from "./selected.ts";
import { keyOfWire, stateText } from "./topology.ts";
import { wayOf } from "./way.ts";
import type { WireState } from "./wires.ts";

export interface Shown {
  readonly lab: Lab;
  readonly states: ReadonlyMap<string, WireState>;
  readonly filter: Filter;
  readonly choose: (selected: Selected) => void;
}

export function showDetails(shown: Shown, selected: Selected | undefined): void {
  const content = selected === undefined ? HINT() : contentOf(shown, selected);
  byId("details").replaceChildren(...(content ?? [h("p", {}, "The newest report has nothing of that name.")]));
}

const HINT = () => [
  h("h2", {}, "Details"),
  h(
    "p",
    { class: "soft" },
    "Choose a cell of the matrix, a box or a link: with the mouse, or with Tab, the arrows and Enter.",
  ),
];

function contentOf(shown: Shown, selected: Selected): Node[] | undefined {
  if ("from" in selected) return ofPair(shown, selected.from, selected.to);
  if ("link" in selected) return ofLink(shown, selected.link, selected.end);
  const netns = shown.lab.netns(selected.id);
  return netns ? ofNetns(shown, netns) : ofLink(shown, selected.id, undefined);
}

function ofPair({ lab, filter }: Shown, from: string, to: string): Node[] | undefined {
  const all = lab.pairsBetween(from, to, filter).flatMap((pair) => lab.checksOf(pair));
  const chosen = filter.kind === undefined ? all : all.filter(({ check }) => check.kind === filter.kind);
  const checks = chosen.length > 0 ? chosen : all;
  const worst = checks.find(({ check }) => check.verdict !== "pass") ?? checks[0];
  if (!worst) return undefined;
  const one = h("div", { id: "one-check" });
  const buttons = checks.map(({ number, check }) =>
    h(
      "button",
      {
        type: "button",
        class: `check ${check.verdict}`,
        "aria-pressed": number === worst.number ? "true" : "false",
        onclick: (event) => {
          for (const other of buttons) other.setAttribute("aria-pressed", String(other === event.currentTarget));
          one.replaceChildren(...ofCheck(lab, number, check));
        },
      },
      `${check.verdict === "pass" ? "✓" : "✕"} ${check.kind}${check.port === undefined ? "" : ` :${check.port}`}`,
      lab.families().length > 1 && check.address.includes(":") ? " IPv6" : "",
    ),
  );
  one.append(...ofCheck(lab, worst.number, worst.check));
  return [
    h("h2", {}, `${from} → ${to}`),
    h("div", { class: "checks", role: "group", "aria-label": "Checks of this pair" }, buttons),
    one,
  ];
}

function ofCheck(lab: Lab, number: number, check: ReportedCheck): Node[] {
  const { verdict, reason, observed } = check;
  const finding = lab.findingOf(number);
  const probe = probeCommand(lab, check);
  return [
    h(
      "dl",
      { class: verdict },
      h("dt", {}, "expected"),
      h("dd", {}, expectedText(check)),
      h("dt", {}, "observed"),
      h("dd", { class: verdict === "pass" ? "pass" : "fail" }, sightText(observed)),
    ),
    ...(reason ? [h("p", { class: "reason" }, reason)] : []),
    ...(finding
      ? [
          h("h3", {}, "Found"),
          h("p", { class: "cause" }, finding.cause),
          h("pre", { tabindex: 0, "aria-label": "Evidence" }, h("code", {}, finding.evidence.join("\n"))),
        ]
      : []),
    ...(wayOf(lab, check) ? [wayOf(lab, check)!] : []),
    h("h3", {}, "Do it again"),
    commands([checkCommand(lab, check), ...(probe ? [probe, walkCommand(lab, check)] : [])]),
  ];
}

function ofNetns({ lab, choose }: Shown, netns: Netns): Node[] {
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

function ofLink({ lab, states }: Shown, link: string, end: string | undefined): Node[] | undefined {
  const ends = lab.data.plan.netns.flatMap((netns) =>
    netns.interfaces
      .filter((dev) => dev.link === link || (dev.vxlan && link === `VXLAN ${dev.vxlan.id}`))
      .map((dev) => [netns.id, dev.name, h("code", {}, dev.addresses.join(" ")), dev.mtu]),
  );
  if (ends.length === 0) return undefined;
  const state = states.get(keyOfWire(link, end, states));
  const segment = lab.data.plan.segments.find(({ name }) => name === link);
  return [
    h("h2", {}, end === undefined || segment ? link : `${link}, ${end}`),
    segment ? h("p", { class: "soft" }, `segment ${segment.subnet}, Docker network ${segment.network}`) : "",
    h("p", {}, state ? `${stateText(state)}.` : "No check crosses it."),
    table("Who is plugged in", ["namespace", "interface", "address", "MTU"], ends),
  ].filter((one) => one !== "") as Node[];
}
