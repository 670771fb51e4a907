/** Time from nothing over the number of hosts, podlab's and the others', as an SVG for the README. */
import type { Results, Row } from "./results.ts";
import { sizeOf } from "./stopwatch.ts";

const WIDE = 640;
const HIGH = 320;
const LEFT = 48;
const BOTTOM = 40;
const SERIES: readonly { name: string; colour: string; of: (row: Row) => number | undefined }[] = [
  { name: "podlab, verified", colour: "#2563eb", of: ({ podlab }) => podlab.up },
  { name: "plain docker commands, not verified", colour: "#d97706", of: ({ script }) => script.up },
  {
    name: "containerlab: plain containers, no engines",
    colour: "#059669",
    of: ({ containerlab }) => containerlab?.up,
  },
];

export function plot({ rows }: Results): string {
  const points = rows.map((row) => ({ row, hosts: sizeOf(row.size).hosts }));
  const most = Math.max(...points.map(({ hosts }) => hosts));
  const series = SERIES.map(({ name, colour, of }) => {
    const measured = points.flatMap(({ row, hosts }) => {
      const seconds = of(row);
      return seconds === undefined ? [] : [{ hosts, seconds }];
    });
    return { name, colour, measured };
  }).filter(({ measured }) => measured.length > 0);
  const longest =
    Math.ceil(Math.max(...series.flatMap(({ measured }) => measured.map(({ seconds }) => seconds))) / 10) * 10;
  const x = (hosts: number) => LEFT + (hosts / most) * (WIDE - LEFT - 60);
  const y = (seconds: number) => HIGH - BOTTOM - (seconds / longest) * (HIGH - BOTTOM - 66);
  const text = (at: number, down: number, words: string, more = "") =>
    `<text x="${at}" y="${down}" ${more}>${words}</text>`;
  const grid = Array.from({ length: 6 }, (_, at) => (longest / 5) * at).flatMap((seconds) => [
    `<line x1="${LEFT}" x2="${WIDE - 20}" y1="${y(seconds)}" y2="${y(seconds)}" stroke="#9ca3af" stroke-opacity=".35"/>`,
    text(LEFT - 8, y(seconds) + 4, String(Math.round(seconds)), 'text-anchor="end"'),
  ]);
  const marks = points.map(({ row, hosts }) => text(x(hosts), HIGH - BOTTOM + 18, row.size, 'text-anchor="middle"'));
  const lines = series.flatMap(({ name, colour, measured }, at) => [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${measured.map(({ hosts, seconds }) => `${x(hosts)},${y(seconds)}`).join(" ")}"/>`,
    ...measured.map(({ hosts, seconds }) => `<circle cx="${x(hosts)}" cy="${y(seconds)}" r="3.5" fill="${colour}"/>`),
    text(LEFT + 12, 18 + 18 * at, name, `fill="${colour}" font-weight="600"`),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDE} ${HIGH}" width="${WIDE}" height="${HIGH}" font-family="sans-serif" font-size="12" fill="#6b7280" role="img">`,
    "<title>Seconds from nothing to a lab that is up, over its hosts and pods</title>",
    ...grid,
    ...marks,
    text(WIDE - 20, HIGH - 6, "hosts x pods each; seconds", 'text-anchor="end"'),
    ...lines,
    "</svg>\n",
  ].join("\n");
}
