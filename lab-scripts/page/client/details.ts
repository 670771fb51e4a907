/** The details beside the page: of two ends, of a node or pod, of a link. */
import { byId, h } from "./dom.ts";
import { ofLink } from "./linkDetails.ts";
import { ofNetns } from "./netnsDetails.ts";
import { ofPair } from "./pairDetails.ts";
import type { Selected } from "./selected.ts";
import type { Shown } from "./shown.ts";

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
