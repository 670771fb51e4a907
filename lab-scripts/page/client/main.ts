/** The page: its data shown, and shown again whenever something is chosen or a newer report comes. */
import type { PageData } from "../page.ts";
import { showDetails } from "./details.ts";
import { byId, h } from "./dom.ts";
import { showFound, showHead } from "./head.ts";
import { showHistory } from "./history.ts";
import { type Filter, Lab } from "./lab.ts";
import { showMatrix } from "./matrix.ts";
import { fromHash, type Selected, toHash } from "./shown.ts";
import { prepareTopology, showTopology } from "./topology.ts";
import type { WireStates } from "./wires.ts";

let lab: Lab;
let filter: Filter = {};
let states: WireStates = new Map();
let selected = fromHash(location.hash);

function show(data: PageData): void {
  lab = new Lab(data);
  showHead(lab);
  showFound(lab, choose);
  matrix();
  showHistory(lab);
  states = showTopology(lab);
  details();
}

function matrix(): void {
  showMatrix(lab, filter, choose, (next) => {
    filter = next;
    matrix();
    details();
  });
}

function details(): void {
  showDetails({ lab, states, filter, choose }, selected);
  for (const other of document.querySelectorAll(".chosen")) other.classList.remove("chosen");
  if (selected && "from" in selected) marked(`#matrix [data-key="${CSS.escape(`${selected.from} ${selected.to}`)}"]`);
  if (selected && "id" in selected) marked(`svg [data-id="${CSS.escape(selected.id)}"]`);
}

function marked(selector: string): void {
  document.querySelector(selector)?.classList.add("chosen");
}

function choose(next: Selected): void {
  selected = next;
  byId("said").textContent = `Details of ${Object.values(next).join(" to ")}`;
  window.history.replaceState(null, "", toHash(next));
  details();
  // On a narrow screen the details are below: what was asked for must come into sight.
  const panel = byId("details");
  if (getComputedStyle(panel).position !== "sticky") panel.scrollIntoView({ block: "nearest" });
  panel.scrollTop = 0;
}

async function begin(): Promise<void> {
  const packed = Uint8Array.from(atob(byId("data").textContent!), (letter) => letter.charCodeAt(0));
  const text = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = (await new Response(text).json()) as PageData;
  prepareTopology(choose);
  show(data);
  follow(show, drawnFrom(data));
}

void begin();

function follow(show: (data: PageData) => void, drawn: string): void {
  if (!location.protocol.startsWith("http")) return;
  const sign = h("p", { class: "live", role: "status" }, "connecting …");
  byId("head").after(sign);
  const events = new EventSource("events");
  events.onopen = () => tell("live");
  events.onerror = () => tell("the server is gone; this is the last report");
  events.addEventListener("report", async () => {
    const data = (await (await fetch("data.json")).json()) as PageData;
    // Another plan, or another captured walk, needs other drawings.
    if (drawnFrom(data) !== drawn) return location.reload();
    show(data);
    tell("live");
  });
  function tell(text: string): void {
    sign.textContent = text;
    sign.classList.toggle("on", text === "live");
  }
}

function drawnFrom({ plan, walk }: PageData): string {
  return JSON.stringify([plan.lab, walk, plan.netns.map(({ id, interfaces }) => [id, interfaces])]);
}
