/** What stands where inside a box, and how large that makes it. Pixels, from the box's upper left corner. */
import { monoWidth, sansWidth } from "./text.ts";
import type { Box, Bridge, Pod, Port } from "./topology.ts";

export const FONT = { title: 15, name: 12, address: 11.5, small: 10.5 } as const;
const PAD = 14;
const GAP = 12;
const LINE = 17;
const HEADER = 36;
/** Pods side by side before another row begins. */
const PODS_A_ROW = 4;
/** Left of pods in several rows: the way of a veth to the second. */
const GUTTER = 8;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PortRow extends Port {
  /** Where the name begins, and where the addresses do: rows of a side stand in columns. */
  readonly x: number;
  readonly addressX: number;
  /** Middle of the row's first line. */
  readonly y: number;
  readonly side: "left" | "right" | "top";
}

export interface PodCard extends Area {
  readonly pod: Pod;
  /** Its row among the pods of its bridge, from 0. */
  readonly row: number;
}

export interface BridgeBar extends Area {
  readonly bridge: Bridge;
}

export interface Measured {
  readonly box: Box;
  readonly width: number;
  readonly height: number;
  readonly rows: readonly PortRow[];
  readonly bars: readonly BridgeBar[];
  readonly cards: readonly PodCard[];
  /** Lines of a routing table, and where the first stands. */
  readonly routes: { readonly y: number; readonly lines: readonly string[] };
}

/** Hosts are drawn alike: as wide as the widest needs, with pods of one size. */
export interface HostSize {
  readonly inner: number;
  readonly card: Size;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export function hostSize(hosts: readonly Box[]): HostSize {
  const card = cardSize(hosts.flatMap(podsOf));
  const widths = hosts.flatMap((box) => {
    const most = Math.max(0, ...[...box.bridges.map(({ pods }) => pods.length), box.pods.length]);
    const texts = [...box.ports, ...box.bridges].map((port) => rowWidth(port) + 20);
    const pods = Math.min(most, PODS_A_ROW) * (card.width + GAP) - GAP + (most > PODS_A_ROW ? GUTTER : 0);
    return [...texts, pods, sansWidth(box.id, FONT.title) + 60];
  });
  return { inner: Math.max(220, ...widths), card };
}

const podsOf = ({ bridges, pods }: Box): Pod[] => [...bridges.flatMap((bridge) => bridge.pods), ...pods];

/** @param side where the box's links leave it */
export function measureHost(box: Box, side: "left" | "right", { inner, card }: HostSize): Measured {
  let y = HEADER;
  const rows = box.ports.map((port): PortRow => {
    const at = y + LINE / 2;
    y += Math.max(1, port.addresses.length) * LINE;
    return { ...port, x: 0, addressX: 0, y: at, side };
  });
  y += 8;
  const bars: BridgeBar[] = [];
  const cards: PodCard[] = [];
  const place = (pods: readonly Pod[]) => {
    const left = PAD + (pods.length > PODS_A_ROW ? GUTTER : 0);
    for (const [at, pod] of pods.entries()) {
      const row = Math.floor(at / PODS_A_ROW);
      const column = at % PODS_A_ROW;
      cards.push({ pod, row, ...card, x: left + column * (card.width + GAP), y: y + row * (card.height + GAP) });
    }
    y += Math.ceil(pods.length / PODS_A_ROW) * (card.height + GAP);
  };
  for (const bridge of box.bridges) {
    const height = 8 + Math.max(1, bridge.addresses.length) * LINE;
    bars.push({ bridge, x: PAD, y, width: inner, height });
    y += height + 16;
    place(bridge.pods);
  }
  place(box.pods);
  return {
    box,
    width: inner + 2 * PAD,
    height: y - (cards.length > 0 ? GAP : 0) + PAD,
    rows: inColumns(rows, inner + 2 * PAD),
    bars,
    cards: centred(cards, inner),
    routes: { y, lines: [] },
  };
}

/** Rows of less cards than fit stand in the middle under their bridge. */
function centred(cards: readonly PodCard[], inner: number): PodCard[] {
  return [...Map.groupBy(cards, ({ y }) => y).values()].flatMap((row) => {
    const shift = cards.some((card) => card.row > 0)
      ? 0
      : (inner - (row.at(-1)!.x + row.at(-1)!.width - row[0]!.x)) / 2;
    return row.map((card) => ({ ...card, x: card.x + shift }));
  });
}

function cardSize(pods: readonly Pod[]): Size {
  const widths = pods.flatMap(({ name, addresses, containers }) => [
    sansWidth(name, FONT.name),
    ...addresses.map((address) => monoWidth(bare(address), FONT.address)),
    ...containers.map((one) => monoWidth(containerText(one), FONT.small)),
  ]);
  const most = (count: (pod: Pod) => number) => Math.max(0, ...pods.map(count));
  return {
    width: Math.ceil(Math.max(70, ...widths)) + 18,
    height:
      22 + most(({ addresses }) => addresses.length) * 14 + 6 + most(({ containers }) => containers.length) * 14 + 5,
  };
}

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

/** Names and addresses of a side's rows, each below the other. @param width the box's */
export function inColumns(rows: readonly PortRow[], width: number): PortRow[] {
  return rows.map((row): PortRow => {
    const own = rows.filter(({ side }) => side === row.side);
    const names = Math.max(...own.map(({ name }) => sansWidth(name, FONT.name))) + 10;
    const addresses = Math.max(...own.flatMap((one) => one.addresses.map((text) => monoWidth(text, FONT.address))), 0);
    const x = row.side === "left" ? PAD : width - PAD - names - addresses;
    return { ...row, x, addressX: x + names };
  });
}

/** `eth0 10.240.1.2/24` */
function rowWidth({ name, addresses }: Port): number {
  return sansWidth(name, FONT.name) + 10 + Math.max(0, ...addresses.map((one) => monoWidth(one, FONT.address))) + 8;
}

export function containerText({ name, ports }: Pod["containers"][number]): string {
  return [name, ...ports.map((port) => `:${port}`)].join(" ");
}

export const bare = (cidr: string): string => cidr.split("/")[0]!;
export { LINE };
