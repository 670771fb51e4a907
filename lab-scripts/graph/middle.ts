/** The boxes of the middle, above each other: to ELK one node, whose ports have fixed places. */
import type { ElkNode, ElkPort } from "elkjs/lib/elk-api.js";
import { inColumns, type Measured } from "./measure.ts";
import type { Tunnel } from "./topology.ts";

/** Between the boxes. */
const CORE_GAP = 46;
const TUNNEL_WIDTH = 230;
export const TUNNEL_HEIGHT = 50;

export interface Middle {
  readonly node: ElkNode;
  readonly boxes: readonly (Measured & { readonly dy: number })[];
  readonly tunnels: readonly { readonly tunnel: Tunnel; readonly dy: number }[];
}

/** Internet on top, then the router, then what is above the network. */
export function middleOf(boxes: readonly Measured[], tunnels: readonly Tunnel[]): Middle {
  const width = Math.max(...boxes.map((box) => box.width), tunnels.length > 0 ? TUNNEL_WIDTH : 0);
  let y = 0;
  const ports: ElkPort[] = [];
  const port = (id: string, side: "left" | "right", at: number) =>
    ports.push({ id, x: side === "left" ? 0 : width, y: at, width: 0, height: 0, layoutOptions: portOptions(side) });
  const stacked = boxes.map((box) => {
    const dy = y;
    for (const { name, side, y: at } of box.rows) if (side !== "top") port(`${box.box.id} ${name}`, side, dy + at);
    y += box.height + CORE_GAP;
    // Whose links leave to the sides is as wide as the middle, lest they end beside it.
    const joined = box.rows.some(({ side }) => side !== "top");
    return joined ? { ...box, width, rows: inColumns(box.rows, width), dy } : { ...box, dy };
  });
  const above = tunnels.map((tunnel) => {
    const dy = y;
    for (const side of ["left", "right"] as const) port(`${tunnel.name} ${side}`, side, dy + TUNNEL_HEIGHT / 2);
    y += TUNNEL_HEIGHT + CORE_GAP;
    return { tunnel, dy };
  });
  const node = { id: "the middle", width, height: y - CORE_GAP, ports, layoutOptions: FIXED };
  return { node, boxes: stacked, tunnels: above };
}

export const FIXED = { "elk.portConstraints": "FIXED_POS" };
export const portOptions = (side: "left" | "right") => ({ "elk.port.side": side === "left" ? "WEST" : "EAST" });
