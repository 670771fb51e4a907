/** A packet that arrived, but not as it should: other addresses, another TTL, another path, another answer. */
import { describeWhy, routeText, ruleText } from "../../infra/packet/describe.ts";
import type { Hop } from "../../infra/packet/hop.ts";
import type { Walk } from "../../infra/packet/walk.ts";
import type { Cause } from "./cause.ts";
import type { Parting } from "./compare.ts";
import { addressProblem } from "./ends.ts";
import type { Sighting } from "./events.ts";
import { lostOnLink, otherMac } from "./link.ts";
import { alteredByMachine } from "./machine.ts";
import { type CountedRule, listed, ruleEvidence } from "./rules.ts";
import { kernelRouteText, type Scene } from "./scene.ts";
import { across, leaves, nextHopOf, onward, portOf, type Section } from "./section.ts";
import { misrouted, unplugged } from "./stuck.ts";

type Altered = Extract<Parting, { kind: "altered" }>;
type Elsewhere = Extract<Parting, { kind: "elsewhere" }>;

const REWRITES: Readonly<Record<string, readonly string[]>> = {
  source: ["MASQUERADE", "SNAT", "NETMAP"],
  destination: ["DNAT", "REDIRECT", "NETMAP"],
  ttl: ["TTL"],
  message: ["REJECT"],
};

/** At the expected place with another header: whoever let it out last changed it, or left it unchanged. */
export function altered(scene: Scene, parting: Altered): Cause {
  const { leg, at, field, seen } = parting;
  const hop = leg.expected[at]!;
  const { netns } = hop;
  if (hop.direction === "in" && at > 0) return alteredOnLink(scene, parting);
  const lacking = at === 0 && field === "source" ? addressProblem(scene, portOf(hop), hop.source) : undefined;
  if (lacking) return lacking;
  const covers = sameAlteration(scene, hop, undefined);
  const before = leg.seen[at - 1];
  const counted = scene.counted({ netns, packet: before ?? seen, in: before?.dev, out: hop.interface });
  const rule = counted.find((one) => REWRITES[field]!.includes(one.target));
  const was = before?.[field as "source"] ?? undefined;
  const changed = field === "source" || field === "destination" ? before === undefined || seen[field] !== was : true;
  if (changed && rule) {
    return {
      key: `altered ${netns} ${rule.table} ${listed(rule)}`,
      netns,
      text: `${netns} rewrites its ${field} to ${seen[field]} by its ${rule.chain} rule "${rule.text}"`,
      evidence: [`${netns}: ${ruleEvidence(rule)}`, ...natTable(scene, netns)],
      covers: sameAlteration(scene, hop, rule),
    };
  }
  const step = hop.did.find((one) => one.kind === "nat" && one.changed === field);
  const untracked = counted.find((one) => one.text.includes("--notrack"));
  if (!changed && step?.kind === "nat" && untracked) {
    return {
      key: `untracked ${netns} ${listed(untracked)}`,
      netns,
      text: `${netns} rewrites nothing of it: its ${untracked.chain} rule "${untracked.text}" keeps it from connection tracking`,
      evidence: [`${netns}: ${ruleEvidence(untracked)}`],
      covers,
    };
  }
  if (!changed && step?.kind === "nat") {
    return {
      key: `unaltered ${netns} ${field} ${ruleText(step.rule)}`,
      netns,
      text: `${netns} does not rewrite its ${field} by ${ruleText(step.rule)}`,
      evidence: natTable(scene, netns),
      covers,
    };
  }
  if (at === 0 && field === "ttl" && scene.kernel(netns)?.settings.ip_default_ttl === String(seen.ttl)) {
    return {
      key: `default ttl ${netns}`,
      netns,
      text: `what ${netns} sends has a TTL of ${seen.ttl} from the beginning (net.ipv4.ip_default_ttl)`,
      evidence: [`${netns}: net.ipv4.ip_default_ttl = ${seen.ttl}`],
      covers: (section) => section.kind === "made" && section.netns === netns,
    };
  }
  const own = at === 0 && field === "source" ? sourceProblem(scene, hop, seen) : undefined;
  return {
    key: `altered ${netns} ${field}`,
    netns,
    dev: hop.interface,
    text: own ?? `${netns} lets it out with ${field} ${seen[field]}, where ${field} ${hop[field]} was expected`,
    evidence: [...natTable(scene, netns), `${netns}: ip address: ${scene.addresses(netns).join(", ")}`],
    covers,
  };
}

/** Between two interfaces: a bridge of the lab may have rules for what it passes, and so may the machine for its segments. */
function alteredOnLink(scene: Scene, { leg, at, field, seen }: Altered): Cause {
  const hop = leg.expected[at]!;
  const before = leg.expected[at - 1]!;
  const { link = "the link" } = scene.interface(hop.netns, hop.interface) ?? {};
  const sent = leg.seen[at - 1]!;
  const elsewhere = otherMac(scene, portOf(before), portOf(hop), sent, nextHopOf(before));
  if (elsewhere) return elsewhere;
  const rewritten = alteredByMachine(scene, hop, before, field, seen);
  if (rewritten) return rewritten;
  const bridge = scene.plan.netns.find(({ interfaces }) =>
    interfaces.some((one) => one.kind === "bridge" && one.link === link),
  );
  if (before[field as "source"] === seen[field]) {
    const at = bridge?.id ?? before.netns;
    return {
      key: `unaltered ${link} ${field}`,
      netns: at,
      text: `${at} does not rewrite its ${field} to ${hop[field]} on ${link}`,
      evidence: bridge ? natTable(scene, bridge.id) : [],
      covers: across(link),
    };
  }
  const who = bridge ? `the bridge of ${bridge.id}` : "the machine itself, not a node of the lab,";
  return {
    key: `altered ${link} ${field}`,
    netns: bridge?.id ?? hop.netns,
    text: `${who} rewrites its ${field} to ${seen[field]} on ${link} (bridge-nf-call-iptables)`,
    evidence: [
      `${before.netns} ${before.interface} sent it with ${field} ${before[field as "source"]}, ${hop.netns} ${hop.interface} got ${seen[field]}`,
    ],
    covers: across(link),
  };
}

function sourceProblem(scene: Scene, { netns, interface: dev, source }: Hop, seen: Sighting): string | undefined {
  if (!scene.addresses(netns).includes(seen.source)) return undefined;
  return `${netns} sends from ${seen.source} instead of ${source}; ${dev} has ${scene.addresses(netns, dev).join(", ")}`;
}

/** Packets that leave the same namespace by the same interface and that the rule, if there is one, may match. */
function sameAlteration(scene: Scene, { netns, interface: dev }: Hop, rule: CountedRule | undefined) {
  return (section: Section) =>
    leaves(section, netns) && section.out === dev && (rule === undefined || scene.mayMatch(rule, section));
}

/** The rules of table nat that counted. */
function natTable(scene: Scene, netns: string): string[] {
  const rules = scene
    .rules(netns)
    .filter(
      (one) => one.table === "nat" && one.number > 0 && one.after > one.before && !listed(one).includes("DOCKER"),
    );
  const words = rules.map((one) => `${listed(one)} [${one.before} -> ${one.after}]`);
  return [`${netns}: iptables -t nat -S: ${words.join("; ") || "no rule counted a packet"}`];
}

/** It left by another interface, or came to another namespace. */
export function elsewhere(scene: Scene, parting: Elsewhere): Cause {
  const { leg, at, seen } = parting;
  const hop = leg.expected[at]!;
  const before = leg.expected[at - 1];
  if (hop.direction === "in" && before) {
    const wrong = misrouted(scene, onward(leg.expected, at - 1));
    return wrong ?? lostOnLink(scene, before, hop, leg.seen[at - 1]!);
  }
  const held = onward(leg.expected, at);
  const problem = unplugged(scene, held) ?? misrouted(scene, held);
  if (problem) return problem;
  const route = scene.route(hop.netns, hop.destination);
  return {
    key: `elsewhere ${hop.netns} ${hop.interface} ${seen.netns} ${seen.dev}`,
    netns: hop.netns,
    text: `${hop.netns} sends it to ${seen.netns} ${seen.dev} instead of ${hop.interface}`,
    evidence: route ? [`${hop.netns}: ip route: ${kernelRouteText(route)}`] : [],
    covers: (section) => section.kind !== "link" && section.netns === hop.netns && section.out === hop.interface,
  };
}

/** What the model says must end it did not. */
export function beyond(parting: Extract<Parting, { kind: "beyond" }>, { dropped }: Walk): Cause {
  const { seen } = parting;
  const netns = dropped?.netns ?? seen.netns;
  const why = dropped ? describeWhy(dropped) : "its path ends there";
  const route = dropped?.why.kind === "route-type" ? ` (${routeText(dropped.why.route)})` : "";
  return {
    key: `beyond ${netns} ${why}`,
    netns,
    text: `${netns} lets pass what it should have stopped: ${why}${route}`,
    evidence: [],
    covers: (section) => section.kind !== "link" && section.netns === netns,
  };
}
