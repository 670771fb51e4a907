/** A host's box: its interfaces, each bridge with its pods below it. */
import { bare } from "../../infra/spec/address.ts";
import {
  type BridgeBar,
  FONT,
  HEADER,
  inColumns,
  LINE,
  type Measured,
  monoWidth,
  PAD,
  type PodCard,
  type PortRow,
  rowWidth,
  sansWidth,
} from "./measure.ts";
import { type Box, containerText, type Pod } from "./topology.ts";

const GAP = 12;
/** Pods side by side before another row begins. */
const PODS_A_ROW = 4;
/** Left of pods in several rows: the way of a veth to the second. */
const GUTTER = 8;

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
