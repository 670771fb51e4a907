/** The boxes of the middle, above each other: to ELK one node, whose ports have fixed places. */
import type { ElkNode, ElkPort } from "elkjs/lib/elk-api.js";
import {
  FONT,
  HEADER,
  inColumns,
  LINE,
  type Measured,
  monoWidth,
  type PortRow,
  rowWidth,
  sansWidth,
} from "./measure.ts";
import type { Box, Port, Tunnel } from "./topology.ts";

/** Most routes that a router's box spells out; beyond, a click tells them. */
const MOST_ROUTES = 4;

/** A node of the middle: its links leave it to both sides, or up to the box above it. */
export function measureCore(box: Box, sideOf: (port: Port) => PortRow["side"]): Measured {
  const upward = box.ports.filter((port) => sideOf(port) === "top").map(({ addresses }) => addresses.length);
  const header = HEADER + (Math.max(1, ...upward) - 1) * LINE;
  const sides = { left: header + 4, right: header + 4, top: header };
  const rows = box.ports.map((port): PortRow => {
    const side = sideOf(port);
    const y = side === "top" ? HEADER / 2 + 2 : sides[side] + LINE / 2;
    if (side !== "top") sides[side] += Math.max(1, port.addresses.length) * LINE + 5;
    return { ...port, x: 0, addressX: 0, y, side };
  });
  const wide = (side: PortRow["side"]) =>
    Math.max(0, ...rows.filter((row) => row.side === side).map((row) => rowWidth(row)));
  const routes = box.routes.length <= MOST_ROUTES ? box.routes : [`${box.routes.length} routes`];
  const below = Math.max(sides.left, sides.right);
  return {
    box,
    width: Math.max(
      190,
      wide("left") + wide("right") + 44,
      wide("top") + sansWidth(box.id, FONT.title) + 70,
      ...routes.map((line) => monoWidth(line, FONT.small) + 40),
    ),
    height: below + (routes.length > 0 ? 10 + routes.length * 15 : 0) + (below > header + 4 ? 8 : 0),
    rows,
    bars: [],
    cards: [],
    routes: { y: below + 16, lines: routes },
  };
}

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
  const stacked = boxes.map((box) => {
    const dy = y;
    for (const { name, side, y: at } of box.rows) {
      if (side !== "top") ports.push(portAt(`${box.box.id} ${name}`, side, width, dy + at));
    }
    y += box.height + CORE_GAP;
    // Whose links leave to the sides is as wide as the middle, lest they end beside it.
    const joined = box.rows.some(({ side }) => side !== "top");
    return joined ? { ...box, width, rows: inColumns(box.rows, width), dy } : { ...box, dy };
  });
  const above = tunnels.map((tunnel) => {
    const dy = y;
    for (const side of ["left", "right"] as const) {
      ports.push(portAt(`${tunnel.name} ${side}`, side, width, dy + TUNNEL_HEIGHT / 2));
    }
    y += TUNNEL_HEIGHT + CORE_GAP;
    return { tunnel, dy };
  });
  const node = { id: "the middle", width, height: y - CORE_GAP, ports, layoutOptions: FIXED };
  return { node, boxes: stacked, tunnels: above };
}

export const FIXED = { "elk.portConstraints": "FIXED_POS" };

/** A port on a side of a node. @param width the node's */
export function portAt(id: string, side: "left" | "right", width: number, y: number): ElkPort {
  const layoutOptions = { "elk.port.side": side === "left" ? "WEST" : "EAST" };
  return { id, x: side === "left" ? 0 : width, y, width: 0, height: 0, layoutOptions };
}
