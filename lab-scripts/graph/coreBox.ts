/** A box of the middle. */
import { FONT, HEADER, LINE, type Measured, type PortRow, rowWidth } from "./measure.ts";
import { monoWidth, sansWidth } from "./text.ts";
import type { Box, Port } from "./topology.ts";

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
  const lines = box.routes.length <= MOST_ROUTES ? box.routes : [`${box.routes.length} routes`];
  const below = Math.max(sides.left, sides.right);
  const routes = box.role === "router" ? lines : [];
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
