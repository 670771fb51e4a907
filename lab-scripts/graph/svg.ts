/** The drawing of a lab as one SVG: light and dark by itself, and with names on everything that a page may colour. */

import { bare } from "../../infra/spec/address.ts";
import { escaped } from "../xml.ts";
import type { Layout, Placed, PlacedTunnel, Wire } from "./layout.ts";
import { FONT, LINE, type PodCard, type PortRow, sansWidth } from "./measure.ts";
import { THEMES } from "./theme.ts";
import { containerText, type Pod, type Port, tunnelText } from "./topology.ts";

const STYLE = `${THEMES}
.topology text{font:${FONT.name}px var(--sans);fill:var(--ink)}
.topology .title{font-size:${FONT.title}px;font-weight:650}
.topology .name{font-size:${FONT.name}px;font-weight:600}
.topology .address{font:${FONT.address}px var(--mono);font-weight:400;fill:var(--soft)}
.topology .container,.topology .route{font:${FONT.small}px var(--mono);fill:var(--soft)}
.topology .twice{fill:var(--part);font-weight:600}
.topology .badge{font-size:9.5px;font-weight:700;letter-spacing:.06em;fill:var(--part)}
.topology .ground{fill:var(--ground)}
.topology .frame{fill:var(--host);stroke:var(--edge)}
.topology .router .frame{fill:var(--router)}
.topology .pod .frame,.topology .internet .frame{fill:var(--card)}
.topology .tunnel .frame{fill:none;stroke:var(--bridgeInk);stroke-dasharray:5 4}
.topology .tunnel .title{font-size:${FONT.name}px;fill:var(--bridgeInk)}
.topology .bridge rect{fill:var(--bridge)}
.topology .bridge .name,.topology .bridge .address{fill:var(--bridgeInk)}
.topology .line{fill:none;stroke:var(--wire);stroke-width:1.8}
.topology .reach{fill:none;stroke:transparent;stroke-width:12}
.topology .plug{fill:var(--wire)}
.topology .tunnelled{--wire:var(--bridgeInk)}
.topology .tunnelled .line{stroke-dasharray:5 4;stroke-width:1.4}`.replaceAll("\n", "");

/** @param key told in the first line, so that a later run sees of which plan this is */
export function svgOf(lab: string, layout: Layout, key = ""): string {
  const { width, height, boxes, tunnels, wires } = layout;
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const twice = seenTwice(boxes);
  const hosts = boxes.filter(({ box }) => box.role === "host").length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="topology" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${escaped(`Topology of ${lab}: ${hosts} hosts`)}">${key && `<!-- ${key} -->`}`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${w}" height="${h}" rx="8"/>`,
    ...tunnels.map(tunnel),
    ...boxes.map(box),
    ...boxes.flatMap(podWires),
    // Beside their host, not in it: what can be chosen holds nothing else that can.
    ...boxes.flatMap(({ x, y, cards }) =>
      cards.map((card) => podCard({ ...card, x: x + card.x, y: y + card.y }, twice)),
    ),
    ...wires.map(wire),
    "</svg>\n",
  ].join("\n");
}

/** Where a bend is rounded off. */
const RADIUS = 7;

function wire({ link, end, tunnel: isTunnel, points }: Wire): string {
  const path = rounded(points);
  const name = `data-link="${escaped(link)}" data-end="${escaped(end)}"`;
  const ends = [points[0]!, points.at(-1)!].map(
    ({ x, y }) => `<circle class="plug" cx="${n(x)}" cy="${n(y)}" r="3.5"/>`,
  );
  return `<g class="wire${isTunnel ? " tunnelled" : ""}" ${name}><path class="reach" d="${path}"/><path class="line" d="${path}"/>${ends.join("")}</g>`;
}

function rounded(points: Wire["points"]): string {
  const [first, ...rest] = points;
  let path = `M${n(first!.x)} ${n(first!.y)}`;
  for (const [at, point] of rest.entries()) {
    const before = points[at]!;
    const after = rest[at + 1];
    if (after === undefined) return `${path}L${n(point.x)} ${n(point.y)}`;
    const r = Math.min(RADIUS, distance(before, point) / 2, distance(point, after) / 2);
    const [start, end] = [towards(point, before, r), towards(point, after, r)];
    path += `L${n(start.x)} ${n(start.y)}Q${n(point.x)} ${n(point.y)} ${n(end.x)} ${n(end.y)}`;
  }
  return path;
}

type Point = Wire["points"][number];
const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, by: number): Point {
  const share = by / (distance(from, to) || 1);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function tunnel({ tunnel, x, y, width, height }: PlacedTunnel): string {
  const { name } = tunnel;
  return [
    `<g class="box tunnel" data-id="${escaped(name)}" transform="translate(${n(x)} ${n(y)})">`,
    `<rect class="frame" width="${n(width)}" height="${n(height)}" rx="10"/>`,
    text("title", width / 2, 21, name, "middle"),
    text("address", width / 2, 38, tunnelText(tunnel), "middle"),
    "</g>",
  ].join("");
}

/** Pod addresses that more than one pod has: nobody can say who is meant. */
function seenTwice(boxes: readonly Placed[]): ReadonlySet<string> {
  const all = boxes.flatMap(({ cards }) => cards.flatMap(({ pod }) => pod.addresses.map(bare)));
  return new Set(all.filter((address, at) => all.indexOf(address) !== at));
}

function box(placed: Placed): string {
  const { x, y, width, height, rows, bars, routes } = placed;
  const { id, role, nat } = placed.box;
  const badge = nat
    ? text("badge", role === "host" ? width - 14 : 14 + id.length * 9 + 8, 24, "NAT", role === "host" ? "end" : "start")
    : "";
  return [
    `<g class="box ${role}" data-id="${escaped(id)}" transform="translate(${n(x)} ${n(y)})">`,
    `<rect class="frame" width="${n(width)}" height="${n(height)}" rx="10"/>`,
    text("title", 14, 24, id),
    badge,
    ...rows.map((row) => portRow(row, width)),
    ...bars.map(
      ({ bridge, ...bar }) =>
        `<g class="bridge" data-link="${escaped(bridge.link)}"><rect x="${n(bar.x)}" y="${n(bar.y)}" width="${n(bar.width)}" height="${n(bar.height)}" rx="5"/>${labelled(bridge, bar.x + 10, bar.x + 20 + sansWidth(bridge.name, FONT.name), bar.y + 4 + LINE / 2)}</g>`,
    ),
    ...routes.lines.map((line, at) => text("address route", 14, routes.y + at * 15, line)),
    "</g>",
  ].join("\n");
}

function portRow(row: PortRow, width: number): string {
  const { addresses, side, x, addressX, y } = row;
  if (side === "top") {
    return addresses.map((one, at) => text("address", width - 14, y + 4 + at * LINE, one, "end")).join("\n");
  }
  return `<g class="port" data-link="${escaped(row.link)}">${labelled(row, x, addressX, y)}</g>`;
}

/** An interface's name and its addresses, a line each. */
function labelled({ name, addresses }: Port, x: number, addressX: number, y: number): string {
  const lines = addresses.map((one, at) => text("address", addressX, y + 4 + at * LINE, one));
  return [text("name", x, y + 4, name), ...lines].join("\n");
}

/** From the bridge down to each pod; those of later rows are reached through the gap beside those above them. */
function podWires({ x: left, y: upper, bars, cards }: Placed): string[] {
  return bars.flatMap((bar) =>
    cards
      .filter(({ pod }) => bar.bridge.pods.includes(pod))
      .map(({ pod, row, ...card }) => {
        const [x, y, top] = [left + card.x, upper + card.y, upper + bar.y + bar.height];
        const path = row === 0 ? `M${n(x + 20)} ${n(top)}V${n(y)}` : `M${n(x - 6)} ${n(top)}V${n(y + 12)}H${n(x)}`;
        const name = `data-link="${escaped(pod.link)}" data-end="${escaped(pod.id)}"`;
        return `<g class="wire veth" ${name}><path class="reach" d="${path}"/><path class="line" d="${path}"/></g>`;
      }),
  );
}

function podCard({ pod, x, y, width, height }: PodCard, twice: ReadonlySet<string>): string {
  const { id, name, addresses, containers }: Pod = pod;
  let line = 17;
  const lines = [text("name", 9, line, name)];
  for (const address of addresses.map(bare)) {
    line += 15;
    lines.push(text(twice.has(address) ? "address twice" : "address", 9, line, address));
  }
  line += 4;
  for (const one of containers) {
    line += 14;
    lines.push(text("container", 9, line, containerText(one)));
  }
  return [
    `<g class="pod" data-id="${escaped(id)}" transform="translate(${n(x)} ${n(y)})">`,
    `<rect class="frame" width="${n(width)}" height="${n(height)}" rx="6"/>${lines.join("\n")}</g>`,
  ].join("");
}

function text(kind: string, x: number, y: number, content: string, anchor = "start"): string {
  return `<text class="${kind}" x="${n(x)}" y="${n(y)}"${anchor === "start" ? "" : ` text-anchor="${anchor}"`}>${escaped(content)}</text>`;
}

/** A coordinate, short. */
const n = (value: number): string => String(Math.round(value * 10) / 10);
