/** A page that a server shows: it is told of every new report, and takes it over without losing its place. */
import type { PageData } from "../page.ts";
import { byId, h } from "./dom.ts";

export function follow(show: (data: PageData) => void, drawn: string): void {
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

export function drawnFrom({ plan, walk }: PageData): string {
  return JSON.stringify([plan.lab, walk, plan.netns.map(({ id, interfaces }) => [id, interfaces])]);
}
