/** The lab for Mermaid, which GitHub and many wikis draw. */
import { type Box, type Pod, podLines, portText, type Topology, tunnelText } from "./topology.ts";

export function mermaidOf({ core, hosts, segments, tunnels }: Topology): string {
  const ids = new Ids();
  return [
    "flowchart TB",
    ...core.map((box) =>
      node(ids.of(box.id), [box.id, ...box.ports.flatMap(({ addresses }) => addresses), ...box.routes]),
    ),
    ...hosts.flatMap((box) => host(box, ids)),
    ...tunnels.map((one) => node(ids.of(one.name), [one.name, tunnelText(one)], ["([", "])"])),
    ...segments.flatMap(({ name, ends: [first, ...others] }) =>
      others.map(({ box }) => `  ${ids.of(first!.box)} ---|${name}| ${ids.of(box)}`),
    ),
    ...tunnels.flatMap(({ name, ends }) => ends.map(({ box }) => `  ${ids.of(box)} -.- ${ids.of(name)}`)),
    "",
  ].join("\n");
}

function host(box: Box, ids: Ids): string[] {
  const pods = (own: readonly Pod[], joined: string) =>
    own.flatMap((pod) => [`  ${node(ids.of(pod.id), podLines(pod))}`, `    ${ids.of(joined)} --- ${ids.of(pod.id)}`]);
  return [
    `  subgraph ${ids.of(`${box.id} box`)}["${box.id}"]`,
    `  ${node(ids.of(box.id), box.ports.map(portText))}`,
    ...box.bridges.flatMap((bridge) => [
      `  ${node(ids.of(bridge.link), [bridge.name, ...bridge.addresses])}`,
      `    ${ids.of(box.id)} --- ${ids.of(bridge.link)}`,
      ...pods(bridge.pods, bridge.link),
    ]),
    ...pods(box.pods, box.id),
    "  end",
  ];
}

function node(id: string, lines: readonly string[], [open, close] = ["[", "]"]): string {
  return `  ${id}${open}"${lines.join("<br>").replaceAll('"', "#quot;")}"${close}`;
}

/** Mermaid's ids are words, and `end` is none of them. */
class Ids {
  readonly #known = new Map<string, string>();

  of(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const id = `n${this.#known.size}_${name.replaceAll(/\W+/g, "_")}`;
    this.#known.set(name, id);
    return id;
  }
}
