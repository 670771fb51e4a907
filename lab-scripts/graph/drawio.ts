/** The lab for diagrams.net (draw.io), placed as in the SVG: every part can be moved, and links follow. */
import { escaped } from "../xml.ts";
import type { Layout, Placed, Wire } from "./layout.ts";
import type { Area } from "./measure.ts";
import { podLines, portText, tunnelText } from "./topology.ts";

export function drawioOf(lab: string, { boxes, tunnels, wires }: Layout): string {
  const cells = [
    ...boxes.flatMap(box),
    ...tunnels.map(({ tunnel, ...area }) =>
      vertex(tunnel.name, "1", [tunnel.name, tunnelText(tunnel)], area, "rounded=1;dashed=1;fillColor=none;"),
    ),
    ...wires.map((one, at) => wire(one, at, boxes)),
  ];
  return [
    '<mxfile host="podlab">',
    `  <diagram name="${escaped(lab)}">`,
    "    <mxGraphModel>",
    "      <root>",
    '        <mxCell id="0"/>',
    '        <mxCell id="1" parent="0"/>',
    ...cells.map((cell) => `        ${cell}`),
    "      </root>",
    "    </mxGraphModel>",
    "  </diagram>",
    "</mxfile>\n",
  ].join("\n");
}

function box(placed: Placed): string[] {
  const { box, bars, cards, routes, width, height, x, y } = placed;
  const lines = [box.id, ...box.ports.map(portText), ...routes.lines];
  const frame = "rounded=1;arcSize=4;verticalAlign=top;align=left;spacingLeft=8;fillColor=#f3f6f9;strokeColor=#c5ced8;";
  const inner = "rounded=1;arcSize=8;align=left;spacingLeft=6;fillColor=#ffffff;strokeColor=#c5ced8;";
  return [
    vertex(box.id, "1", lines, { x, y, width, height }, frame),
    ...bars.map(({ bridge, ...area }) =>
      vertex(bridge.link, box.id, [portText(bridge)], area, `${inner}fillColor=#dfe9f5;`),
    ),
    ...cards.map(({ pod, ...area }) => vertex(pod.id, box.id, podLines(pod), area, inner)),
    ...bars.flatMap(({ bridge }) => bridge.pods.map(({ id }) => edge(`${id} veth`, bridge.link, id))),
  ];
}

function wire({ link, end, points, tunnel }: Wire, at: number, boxes: readonly Placed[]): string {
  const far = tunnel
    ? link
    : boxes.find(({ box }) => box.id !== end && box.ports.some((port) => port.link === link))?.box.id;
  return edge(`wire ${at}`, end, far ?? end, tunnel ? "dashed=1;" : "", points.slice(1, -1));
}

function vertex(id: string, parent: string, lines: readonly string[], area: Area, style: string): string {
  const { x, y, width, height } = area;
  const geometry = `<mxGeometry x="${Math.round(x)}" y="${Math.round(y)}" width="${Math.round(width)}" height="${Math.round(height)}" as="geometry"/>`;
  return `<mxCell id="${escaped(id)}" parent="${escaped(parent)}" vertex="1" style="${style}fontSize=11;" value="${escaped(lines.join("\n"))}">${geometry}</mxCell>`;
}

function edge(id: string, source: string, target: string, style = "", points: Wire["points"] = []): string {
  const bends = points.map(({ x, y }) => `<mxPoint x="${Math.round(x)}" y="${Math.round(y)}"/>`).join("");
  const geometry = `<mxGeometry relative="1" as="geometry">${bends && `<Array as="points">${bends}</Array>`}</mxGeometry>`;
  return `<mxCell id="${escaped(id)}" parent="1" edge="1" source="${escaped(source)}" target="${escaped(target)}" style="edgeStyle=orthogonalEdgeStyle;rounded=1;endArrow=none;strokeColor=#8696a7;${style}">${geometry}</mxCell>`;
}
