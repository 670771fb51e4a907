/** The lab for Mermaid, which GitHub and many wikis draw. */
import { containerText } from "./measure.ts";
import type { Box, Pod, Topology } from "./topology.ts";

export function mermaidOf({ core, hosts, segments, tunnels }: Topology): string {
  const ids = new Ids();
  return [
    "flowchart TB",
    ...core.map((box) =>
      node(ids.of(box.id), [box.id, ...box.ports.flatMap(({ addresses }) => addresses), ...routes(box)]),
    ),
    ...hosts.flatMap((box) => host(box, ids)),
    ...tunnels.map(({ name, udpPort, mtu }) => node(ids.of(name), [name, `UDP/${udpPort}, MTU ${mtu}`], ["([", "])"])),
    ...segments.flatMap(({ name, ends: [first, ...others] }) =>
      others.map(({ box }) => `  ${ids.of(first!.box)} ---|${name}| ${ids.of(box)}`),
    ),
    ...tunnels.flatMap(({ name, ends }) => ends.map(({ box }) => `  ${ids.of(box)} -.- ${ids.of(name)}`)),
    "",
  ].join("\n");
}

const routes = ({ role, routes: all }: Box): readonly string[] => (role === "router" ? all : []);

function host(box: Box, ids: Ids): string[] {
  const pods = (own: readonly Pod[], joined: string) =>
    own.flatMap(({ id, name, addresses, containers }) => [
      `  ${node(ids.of(id), [name, ...addresses, ...containers.map(containerText)])}`,
      `    ${ids.of(joined)} --- ${ids.of(id)}`,
    ]);
  return [
    `  subgraph ${ids.of(`${box.id} box`)}["${box.id}"]`,
    `  ${node(
      ids.of(box.id),
      box.ports.map(({ name, addresses }) => [name, ...addresses].join(" ")),
    )}`,
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
