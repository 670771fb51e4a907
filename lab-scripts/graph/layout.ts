/** Where everything stands: boxes are measured here, placed and joined by ELK's layered layout with orthogonal links. */
import type { ELK, ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import { hostSize, measureHost } from "./hostBox.ts";
import type { Area, Measured, PortRow } from "./measure.ts";
import { FIXED, type Middle, measureCore, middleOf, portAt, TUNNEL_HEIGHT } from "./middle.ts";
import type { Segment, Topology, Tunnel } from "./topology.ts";

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Placed[];
  readonly tunnels: readonly PlacedTunnel[];
  readonly wires: readonly Wire[];
}

export interface Placed extends Measured {
  readonly x: number;
  readonly y: number;
}

export interface PlacedTunnel extends Area {
  readonly tunnel: Tunnel;
}

/** A link's line from a box to another, or to a tunnel. */
export interface Wire {
  /** The segment's name, or the tunnel's. */
  readonly link: string;
  /** The host that it ends at, where it does. */
  readonly end: string;
  readonly tunnel: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const MARGIN = 16;

/**
 * The hosts stand left and right of the middle, where internet, router and tunnels stand above each other. To ELK the middle
 * is one node whose ports have fixed places: so links never cross a box.
 */
export async function layoutOf(topology: Topology): Promise<Layout> {
  const { core, hosts, tunnels, segments } = topology;
  const half = hosts.length === 1 ? 0 : Math.ceil(hosts.length / 2);
  const left = new Set(hosts.slice(0, half).map(({ id }) => id));
  const sideOfLink = (link: string): PortRow["side"] => {
    const host = segments.find(({ name }) => name === link)?.ends.find(({ box }) => hosts.some(({ id }) => id === box));
    return host === undefined ? "top" : left.has(host.box) ? "left" : "right";
  };
  const size = hostSize(hosts);
  const sides = hosts.map((box) => measureHost(box, left.has(box.id) ? "right" : "left", size));
  const middle = middleOf(
    core.map((box) => measureCore(box, ({ link }) => sideOfLink(link))),
    tunnels,
  );
  const graph: ElkNode = {
    id: "lab",
    children: [
      ...sides.filter(({ box }) => left.has(box.id)).map(nodeOf),
      middle.node,
      ...sides.filter(({ box }) => !left.has(box.id)).map(nodeOf),
    ],
    edges: sides.flatMap(({ box, rows }) => rows.flatMap((row) => edgeOf(box.id, row, topology, left.has(box.id)))),
  };
  return placed(await layered(graph), sides, middle, segments);
}

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.nodePlacement.favorStraightEdges": "false",
  "elk.spacing.nodeNode": "22",
  "elk.spacing.edgeEdge": "9",
  "elk.layered.spacing.nodeNodeBetweenLayers": "44",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "9",
  "elk.layered.spacing.edgeNodeBetweenLayers": "20",
  "elk.padding": `[top=${MARGIN},left=${MARGIN},bottom=${MARGIN},right=${MARGIN}]`,
};

/** Returns the graph with places for its nodes and edges, by ELK's layered layout. Its own options go before these. */
export async function layered(graph: ElkNode): Promise<ElkNode> {
  // Loaded when first needed: most runs find a drawing of the same plan.
  const { default: module } = await import("elkjs/lib/elk.bundled.js");
  // CommonJS: its class is the default of its default.
  const { default: Elk } = module as unknown as { default: new () => ELK };
  return new (Elk ?? module)().layout({ ...graph, layoutOptions: { ...OPTIONS, ...graph.layoutOptions } });
}

function nodeOf({ box, width, height, rows }: Measured): ElkNode {
  const ports = rows.flatMap(({ name, y, side }) =>
    side === "top" ? [] : [portAt(`${box.id} ${name}`, side, width, y)],
  );
  return { id: box.id, width, height, ports, layoutOptions: FIXED };
}

function edgeOf(host: string, row: PortRow, { segments, tunnels }: Topology, isLeft: boolean): ElkExtendedEdge[] {
  const own = `${host} ${row.name}`;
  const other = tunnels.some(({ name }) => name === row.link)
    ? `${row.link} ${isLeft ? "left" : "right"}`
    : farEnd(segments, row.link, host);
  if (other === undefined) return [];
  const [source, target] = isLeft ? [own, other] : [other, own];
  return [{ id: `${row.link} of ${host}`, sources: [source], targets: [target] }];
}

function farEnd(segments: readonly Segment[], link: string, host: string): string | undefined {
  const end = segments.find(({ name }) => name === link)?.ends.find(({ box }) => box !== host);
  return end && `${end.box} ${end.port}`;
}

function placed(graph: ElkNode, sides: readonly Measured[], middle: Middle, segments: readonly Segment[]): Layout {
  const nodes = new Map(graph.children?.map((node) => [node.id, node]));
  const core = nodes.get(middle.node.id)!;
  const centre = core.x! + core.width! / 2;
  const boxes = [
    ...middle.boxes.map(({ dy, ...box }): Placed => ({ ...box, x: centre - box.width / 2, y: core.y! + dy })),
    ...sides.map((one): Placed => ({ ...one, x: nodes.get(one.box.id)!.x!, y: nodes.get(one.box.id)!.y! })),
  ];
  const wires = (graph.edges ?? []).map((edge): Wire => {
    const { startPoint, bendPoints = [], endPoint } = edge.sections![0]!;
    const [link, end] = edge.id.split(" of ") as [string, string];
    return {
      link,
      end,
      tunnel: middle.tunnels.some(({ tunnel }) => tunnel.name === link),
      points: [startPoint, ...bendPoints, endPoint],
    };
  });
  return {
    width: graph.width!,
    height: graph.height!,
    boxes,
    tunnels: middle.tunnels.map(({ tunnel, dy }) => ({
      tunnel,
      x: core.x!,
      y: core.y! + dy,
      width: core.width!,
      height: TUNNEL_HEIGHT,
    })),
    wires: [...wires, ...upright(boxes, segments)],
  };
}

/** Links between boxes that stand above each other. */
function upright(boxes: readonly Placed[], segments: readonly Segment[]): Wire[] {
  return segments.flatMap(({ name, ends }): Wire[] => {
    const [upper, lower] = ends
      .flatMap(({ box }) => boxes.find((one) => one.box.id === box && one.box.role !== "host") ?? [])
      .toSorted((a, b) => a.y - b.y);
    if (upper === undefined || lower === undefined) return [];
    const x = upper.x + upper.width / 2;
    return [
      {
        link: name,
        end: upper.box.id,
        tunnel: false,
        points: [
          { x, y: upper.y + upper.height },
          { x, y: lower.y },
        ],
      },
    ];
  });
}
