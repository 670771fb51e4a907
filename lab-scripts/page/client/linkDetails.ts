/** A segment, a bridge's port or a tunnel: who is plugged in, and what was seen of it. */
import { h, table } from "./dom.ts";
import type { Shown } from "./shown.ts";
import { keyOfWire, stateText } from "./topology.ts";

export function ofLink({ lab, states }: Shown, link: string, end: string | undefined): Node[] | undefined {
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
