/** The path that the model gives a check's packet, hop by hop, with the route or rule that decided at each. */
import { describeLoss, describeStep } from "../../../infra/packet/describe.ts";
import type { Hop } from "../../../infra/packet/hop.ts";
import type { Protocol } from "../../../infra/packet/packet.ts";
import { walk } from "../../../infra/packet/walk.ts";
import { given } from "../../given.ts";
import type { ReportedCheck } from "../../report/schema.ts";
import { type Child, h } from "./dom.ts";
import type { Lab } from "./lab.ts";

export function protocolOf(kind: string): Protocol {
  if (kind.startsWith("tcp") || kind === "spread") return "tcp";
  return kind.startsWith("udp") ? "udp" : "icmp";
}

/** Nothing for what is no packet, and where the plan has no such sender. */
export function pathOf(lab: Lab, { kind, from, address, port, or, verdict }: ReportedCheck): Child {
  if (kind === "fact" || !lab.netns(from)) return undefined;
  const probe = { from, to: address, protocol: protocolOf(kind), ...given({ port }) };
  const trace = walk(lab.network, probe);
  const { forward, reply, dropped } = trace;
  // An end that was foreseen is nothing to be alarmed at.
  const loss = dropped && h("p", { class: verdict === "pass" ? "soft" : "loss" }, `It ends: ${describeLoss(trace)}.`);
  return h(
    "div",
    { class: "way" },
    h("h4", "The packet's path, by the model"),
    or && h("p", { class: "soft" }, "Chance decides here: this is one of its paths."),
    leg(forward),
    dropped?.leg === "forward" && loss,
    reply.length > 0 && h("details", h("summary", `The answer's path: ${reply.length} interfaces`), leg(reply)),
    dropped?.leg === "reply" && loss,
  );
}

function leg(hops: readonly Hop[]): HTMLElement {
  if (hops.length === 0) return h("p", { class: "soft" }, "It is seen on no interface.");
  return h("ol", { class: "hops" }, hops.map(hopLine));
}

function hopLine({ netns, interface: dev, direction, source, destination, ttl, did, inside }: Hop): HTMLElement {
  const done = did.map((step) => h("li", describeStep(step)));
  return h(
    "li",
    done.length > 0 && h("ul", { class: "did" }, done),
    h("b", `${netns} ${dev}`),
    ` ${direction}`,
    h("code", `${source} → ${destination} `, h("span", { class: "soft" }, `TTL ${ttl}`)),
    inside && h("code", { class: "soft" }, `inside: ${inside.source} → ${inside.destination}, TTL ${inside.ttl}`),
  );
}
