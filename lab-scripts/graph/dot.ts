/** The lab for Graphviz: `npm run graph -- routed --format dot | dot -Tpdf`. */
import { type Box, type Pod, podLines, portText, type Topology, tunnelText } from "./topology.ts";

export function dotOf({ lab, core, hosts, segments, tunnels }: Topology): string {
  return [
    `graph ${quoted(lab)} {`,
    '  graph [rankdir=TB, fontname="sans-serif", compound=true]',
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11]',
    '  edge [fontname="sans-serif", fontsize=9]',
    ...core.map((box) => `  ${node(box.id, [box.id, ...box.routes])}`),
    ...hosts.flatMap(host),
    ...tunnels.map((one) => `  ${node(one.name, [one.name, tunnelText(one)], "style=dashed")}`),
    ...segments.flatMap(({ name, ends: [first, ...others] }) =>
      others.map((end) => edge(first!, end, [...core, ...hosts], `label=${quoted(name)}`)),
    ),
    ...tunnels.flatMap(({ name, ends }) => ends.map(({ box }) => `  ${quoted(box)} -- ${quoted(name)} [style=dashed]`)),
    "}\n",
  ].join("\n");
}

function host(box: Box): string[] {
  const pods = (own: readonly Pod[], joined: string) =>
    own.flatMap((pod) => [`    ${node(pod.id, podLines(pod))}`, `    ${quoted(joined)} -- ${quoted(pod.id)}`]);
  return [
    `  subgraph ${quoted(`cluster_${box.id}`)} {`,
    `    label=${quoted(box.id)}`,
    `    ${node(box.id, box.ports.map(portText))}`,
    ...box.bridges.flatMap((bridge) => [
      `    ${node(bridge.link, [bridge.name, ...bridge.addresses])}`,
      `    ${quoted(box.id)} -- ${quoted(bridge.link)}`,
      ...pods(bridge.pods, bridge.link),
    ]),
    ...pods(box.pods, box.id),
    "  }",
  ];
}

type End = Topology["segments"][number]["ends"][number];

function edge(one: End, other: End, boxes: readonly Box[], attributes: string): string {
  const address = ({ box, port }: End) =>
    boxes
      .find(({ id }) => id === box)
      ?.ports.find(({ name }) => name === port)
      ?.addresses.join("\n") ?? "";
  const labels = `taillabel=${quoted(address(one))}, headlabel=${quoted(address(other))}`;
  return `  ${quoted(one.box)} -- ${quoted(other.box)} [${attributes}, ${labels}]`;
}

function node(id: string, lines: readonly string[], more = ""): string {
  return `${quoted(id)} [label=${quoted(lines.join("\n"))}${more && `, ${more}`}]`;
}

/** A quoted string of the DOT language: only quotes and backslashes are special, and a newline is written \n. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
