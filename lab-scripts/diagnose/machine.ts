/** What the firewall of the machine did to frames of the lab between two nodes (br_netfilter). */

import type { Hop } from "../../infra/packet/hop.ts";
import { isIPv6 } from "../../infra/spec/address.ts";
import { VXLAN_HEADERS } from "../../infra/spec/machines.ts";
import type { Cause } from "./cause.ts";
import type { Sighting } from "./events.ts";
import type { Culprit } from "./machine/firewall.ts";
import { resolving } from "./machine/rule.ts";
import type { Scene } from "./scene.ts";
import { type Header, type Port, portOf, type Section } from "./section.ts";

const VERBS = { drop: "drops", reject: "rejects" } as const;
const ENDS = ["drop", "reject"] as const;
const REWRITES = ["source", "destination", "ttl"] as const;

/** The machine's rule that ended a packet on its way to an interface. */
export function droppedByMachine(scene: Scene, to: Port, packet: Header): Cause | undefined {
  const link = linkOf(scene, to);
  const culprit = scene.machine?.culprit(link, packet, ENDS);
  if (culprit) {
    const { effect } = culprit.rule;
    return causeOf(scene, to, culprit, `${may(culprit, VERBS[effect as "drop"], effect!)} it`);
  }
  // Where no address can be had for it, masquerading drops (nf_nat_masquerade.c).
  const rewriting = scene.machine?.culprit(link, packet, ["source"]);
  if (!rewriting?.sure) return undefined;
  return causeOf(scene, to, rewriting, "rewrites its source, or drops it,");
}

/** The rule that ended the question for a neighbour's link-layer address, or its answer. */
export function resolutionDropped(scene: Scene, from: Port, to: Port, address: string): Cause | undefined {
  const own = scene.addresses(from.netns, from.dev).find((one) => isIPv6(one) === isIPv6(address));
  for (const frame of resolving(own ?? (isIPv6(address) ? "::" : "0.0.0.0"), address)) {
    const cause = droppedByMachine(scene, to, frame);
    if (cause)
      return {
        ...cause,
        evidence: [...cause.evidence, `${from.netns}: nobody on the link answers who has ${address}`],
      };
  }
  return undefined;
}

/** The machine's rule that rewrote a packet between two nodes. */
export function alteredByMachine(
  scene: Scene,
  hop: Hop,
  before: Hop,
  field: string,
  seen: Sighting,
): Cause | undefined {
  const port = portOf(hop);
  const link = linkOf(scene, port);
  const rewrites = REWRITES.filter((one) => one === field);
  const culprit = rewrites.length > 0 ? scene.machine?.culprit(link, before, rewrites) : undefined;
  if (!culprit) return undefined;
  const cause = causeOf(
    scene,
    port,
    culprit,
    `${may(culprit, "rewrites", "rewrite")} its ${field} to ${seen[field as "source"]}`,
  );
  const told = `${before.netns} ${before.interface} sent it with ${field} ${before[field as "source"]}, ${hop.netns} ${hop.interface} got ${seen[field as "source"]}`;
  return { ...cause, evidence: [...cause.evidence, told] };
}

/** What is known of the machine when none of its rules is to blame for what happened on a link; nothing where it has no part in it. */
export function innocence({ machine, plan }: Scene, link: string): string[] {
  const segment = plan.segments.find(({ name }) => name === link);
  if (segment?.machine === undefined) return segment ? (machine?.innocence() ?? []) : [];
  const needs = `UDP port 4789 has to be open, and packets of ${(segment.mtu ?? 1500) + VXLAN_HEADERS} bytes have to get through`;
  return [
    `${link} is an overlay network of Docker Swarm: between the first machine and ${segment.machine.name} ${needs}`,
  ];
}

/** A rule that does not count may have done it. */
function may({ sure }: Culprit, does: string, verb: string): string {
  return sure ? does : `may ${verb}`;
}

function causeOf(scene: Scene, at: Port, { kind, words, evidence }: Culprit, does: string): Cause {
  return {
    key: `machine ${kind}`,
    ...at,
    machine: true,
    text: `the machine itself, not a node of the lab, ${does} ${words}`,
    evidence,
    covers: (section: Section) => section.kind === "link" && scene.machine!.meets(section.link, section.packet, kind),
  };
}

function linkOf(scene: Scene, { netns, dev }: Port): string {
  return scene.interface(netns, dev)?.link ?? "";
}
