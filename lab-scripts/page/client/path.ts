/** The path that the model gives a check's packet, hop by hop, with the route or rule that decided at each. */

import { describeLoss, describeStep } from "../../../infra/packet/describe.ts";
import type { Hop } from "../../../infra/packet/hop.ts";
import type { Protocol } from "../../../infra/packet/packet.ts";
import { type Walk, walk } from "../../../infra/packet/walk.ts";
import type { ReportedCheck } from "../../report/schema.ts";
import { h } from "./dom.ts";
import type { Lab } from "./lab.ts";

/** Undefined for what is no packet, and where the plan has no such sender. */
export function walkOf(lab: Lab, { kind, from, address, port }: ReportedCheck): Walk | undefined {
  if (kind === "fact" || !lab.netns(from)) return undefined;
  return walk(lab.network, { from, to: address, protocol: protocolOf(kind), ...(port === undefined ? {} : { port }) });
}

export function protocolOf(kind: string): Protocol {
  if (kind.startsWith("tcp") || kind === "spread") return "tcp";
  return kind.startsWith("udp") ? "udp" : "icmp";
}

export function pathOf(lab: Lab, check: ReportedCheck): HTMLElement | undefined {
  const trace = walkOf(lab, check);
  if (!trace) return undefined;
  const { forward, reply, dropped } = trace;
  const loss = dropped ? `It ends: ${describeLoss(trace)}.` : `It arrives at ${trace.target}.`;
  // An end that was foreseen is nothing to be alarmed at.
  const said = check.verdict === "pass" ? "soft" : "loss";
  return h(
    "div",
    { class: "way" },
    h("h4", {}, "The packet's path, by the model"),
    check.or ? h("p", { class: "soft" }, "Chance decides here: this is one of its paths.") : undefined,
    leg(forward),
    dropped?.leg === "forward" ? h("p", { class: said }, loss) : undefined,
    reply.length > 0
      ? h("details", {}, h("summary", {}, `The answer's path: ${reply.length} interfaces`), leg(reply))
      : undefined,
    dropped?.leg === "reply" ? h("p", { class: said }, loss) : undefined,
  );
}

function leg(hops: readonly Hop[]): HTMLElement {
  if (hops.length === 0) return h("p", { class: "soft" }, "It is seen on no interface.");
  return h("ol", { class: "hops" }, hops.map(hopLine));
}

function hopLine(hop: Hop): HTMLElement {
  const inside = hop.inside && `inside: ${hop.inside.source} → ${hop.inside.destination}, TTL ${hop.inside.ttl}`;
  return h(
    "li",
    {},
    hop.did.length > 0
      ? h(
          "ul",
          { class: "did" },
          hop.did.map((step) => h("li", {}, describeStep(step))),
        )
      : undefined,
    h(
      "span",
      { class: "place" },
      h("b", {}, `${hop.netns} ${hop.interface}`),
      ` ${hop.direction}`,
      h("code", {}, `${hop.source} → ${hop.destination} `, h("span", { class: "soft" }, `TTL ${hop.ttl}`)),
    ),
    inside && h("code", { class: "soft" }, inside),
  );
}
