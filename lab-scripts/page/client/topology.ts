/** The drawing made to answer: links coloured by what was seen, boxes and links that tell their details. */
import { routeText } from "../../../infra/packet/describe.ts";
import { given } from "../../given.ts";
import { amount, plural } from "../../report/amounts.ts";
import { byId, h } from "./dom.ts";
import type { Lab } from "./lab.ts";
import { rulesOf } from "./netnsDetails.ts";
import type { Choose } from "./shown.ts";
import { makeZoomable } from "./view.ts";
import { stateOf, type WireState, type WireStates, wireStates } from "./wires.ts";

const PARTS = "[data-id], g.wire, g.bridge";

/** Once a page: the drawing stays, its colours change. */
export function prepareTopology(choose: Choose): void {
  const svg = drawing();
  byId("drawing").prepend(makeZoomable(svg));
  svg.setAttribute("role", "group");
  for (const part of svg.querySelectorAll<SVGGElement>("[data-id]")) {
    part.setAttribute("tabindex", "0");
    part.setAttribute("role", "button");
  }
  const open = (event: Event) => {
    const { id, link, end } = (event.target as Element).closest<SVGGElement>(PARTS)?.dataset ?? {};
    if (id !== undefined) choose({ id });
    else if (link !== undefined) choose({ link, ...given({ end }) });
  };
  svg.addEventListener("click", open);
  svg.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open(event);
  });
}

/** Colours, titles and marks of the newest report. */
export function showTopology(lab: Lab): WireStates {
  const svg = drawing();
  const states = wireStates(lab);
  for (const wire of svg.querySelectorAll<SVGGElement>("g.wire")) {
    const seen = stateOf(states, wire.dataset.link!, wire.dataset.end);
    wire.dataset.state = seen?.state ?? "none";
    titled(wire, `${wire.dataset.link}: ${seen ? stateText(seen) : "no check crosses it"}`);
  }
  const found = new Set(lab.data.findings.map(({ node }) => node));
  const down = new Set(lab.data.troubles.map(({ node }) => node));
  for (const box of svg.querySelectorAll<SVGGElement>("[data-id]")) {
    const id = box.dataset.id!;
    box.classList.toggle("found", found.has(id) || down.has(id));
    titled(box, [id, ...(found.has(id) ? [causeAt(lab, id)] : []), ...tablesOf(lab, id)].join("\n"));
  }
  legend(states);
  return states;
}

export function stateText({ total, failed }: WireState): string {
  if (failed === 0) return `${plural(total, "check")} crossed it, all as expected`;
  return `${amount(failed)} of the ${plural(total, "check")} on this path not as expected`;
}

/** Most lines of a tooltip; a click shows all. */
const MOST = 12;

/** Routes and NAT rules, for who only points. */
function tablesOf(lab: Lab, id: string): string[] {
  const netns = lab.netns(id);
  if (!netns) return [];
  const lines = [...netns.routes.map(routeText), ...rulesOf(netns, "nat")];
  return lines.length > MOST ? [...lines.slice(0, MOST), `… and ${lines.length - MOST} more`] : lines;
}

function causeAt(lab: Lab, id: string): string {
  return lab.data.findings.find(({ node }) => node === id)!.cause;
}

function legend(states: WireStates): void {
  const seen = new Set([...states.values()].map(({ state }) => state));
  const words = { ok: "as expected", part: "on the path of a failure", bad: "nothing that crosses it works" };
  const shown = (["ok", "part", "bad"] as const).filter((state) => seen.has(state));
  document.getElementById("wires-legend")?.remove();
  byId("drawing").append(
    h(
      "p",
      { class: "legend", id: "wires-legend" },
      shown.map((state) => h("span", { class: `key ${state}` }, words[state])),
    ),
  );
}

function titled(part: SVGGElement, text: string): void {
  let title = part.querySelector(":scope > title");
  if (!title) {
    title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    part.prepend(title);
  }
  title.textContent = text;
}

function drawing(): SVGSVGElement {
  return document.querySelector<SVGSVGElement>("svg.topology")!;
}
