/** The details beside the page: of two ends, of a node or pod, of a link. */
import { byId, type Child, filled, h, table } from "./dom.ts";
import { ofNetns } from "./netnsDetails.ts";
import { ofPair } from "./pairDetails.ts";
import type { Selected, Shown } from "./shown.ts";
import { stateText } from "./topology.ts";
import { stateOf } from "./wires.ts";

const HINT = "Choose a cell of the matrix, a box or a link: with the mouse, or with Tab, the arrows and Enter.";

export function showDetails(shown: Shown, selected: Selected | undefined): void {
  const content = selected === undefined ? [h("h2", "Details"), h("p", { class: "soft" }, HINT)] : of(shown, selected);
  filled(byId("details"), content ?? h("p", "The newest report has nothing of that name."));
}

function of(shown: Shown, selected: Selected): Child {
  if ("from" in selected) return ofPair(shown, selected.from, selected.to);
  if ("link" in selected) return ofLink(shown, selected.link, selected.end);
  const netns = shown.lab.netns(selected.id);
  return netns ? ofNetns(shown, netns) : ofLink(shown, selected.id, undefined);
}

/** A segment, a bridge's port or a tunnel: who is plugged in, and what was seen of it. */
function ofLink({ lab, states }: Shown, link: string, end: string | undefined): Child {
  const ends = lab.data.plan.netns.flatMap((netns) =>
    netns.interfaces
      .filter((dev) => dev.link === link || (dev.vxlan && link === `VXLAN ${dev.vxlan.id}`))
      .map((dev) => [netns.id, dev.name, h("code", dev.addresses.join(" ")), dev.mtu]),
  );
  if (ends.length === 0) return undefined;
  const state = stateOf(states, link, end);
  const segment = lab.data.plan.segments.find(({ name }) => name === link);
  return [
    h("h2", end === undefined || segment ? link : `${link}, ${end}`),
    segment && h("p", { class: "soft" }, `segment ${segment.subnet}, Docker network ${segment.network}`),
    h("p", state ? `${stateText(state)}.` : "No check crosses it."),
    table("Who is plugged in", ["namespace", "interface", "address", "MTU"], ends),
  ];
}
