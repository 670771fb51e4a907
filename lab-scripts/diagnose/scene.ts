/** All that the captures saw, put in order: who saw a packet in which order, and what each kernel holds. */

import type { Hop } from "../../infra/packet/hop.ts";
import type { Interface, Netns } from "../../infra/packet/netns.ts";
import { DEFAULT_ROUTE } from "../../infra/plan/fragment.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { bare, isIPv6, Subnet } from "../../infra/spec/address.ts";
import type {
  ArpSaid,
  BridgePort,
  KernelRoute,
  KernelState,
  Link,
  Neighbour,
  NodeEvents,
  Role,
  RouteLookup,
  Sighting,
} from "./events.ts";
import type { MachineFirewall } from "./machine/firewall.ts";
import type { SavedRule } from "./machine/iptables.ts";
import { fits } from "./machine/rule.ts";
import { type CountedRule, countedRules, plannedRules } from "./rules.ts";
import type { Held } from "./section.ts";

/** Who has a MAC address; `words` say it after "which is". */
export interface MacHolder {
  readonly netns: string;
  readonly dev: string;
  readonly words: string;
}

export class Scene {
  readonly plan: LabPlan;
  readonly events: readonly NodeEvents[];
  /** Of the machine that the lab runs on; undefined for a lab without one. */
  readonly machine: MachineFirewall | undefined;
  readonly #kernels: ReadonlyMap<string, KernelState>;
  readonly #missing: ReadonlyMap<string, string>;
  readonly #sightings: readonly Sighting[];
  readonly #rules = new Map<string, readonly CountedRule[]>();
  readonly #planned = new Map<string, readonly SavedRule[]>();
  readonly #names = new Map<string, ReadonlyMap<string, string>>();

  constructor(plan: LabPlan, events: readonly NodeEvents[], machine?: MachineFirewall) {
    this.plan = plan;
    this.events = events;
    this.machine = machine;
    this.#kernels = new Map(events.flatMap(({ kernels }) => kernels.map((one) => [one.netns, one])));
    this.#missing = new Map(events.flatMap(({ missing }) => missing.map(({ netns, why }) => [netns, why])));
    const inOrder = (a: Sighting, b: Sighting) =>
      BigInt(a.at) < BigInt(b.at) ? -1 : BigInt(a.at) > BigInt(b.at) ? 1 : 0;
    this.#sightings = events.flatMap(({ seen }) => seen).toSorted(inOrder);
  }

  /** Every sighting of a shot's packet in order, ports of bridges and what was meant for others among them. */
  all(shot: number, role: Role): Sighting[] {
    return this.#sightings.filter((one) => one.shot === shot && one.role === role);
  }

  /**
   * The packet's path from interface to interface, by the plan's names; the first sighting at each counts. What a bridge with
   * rules gives another destination on itself leaves by the bridge's own interface or past it, as the kernel's cache of link
   * headers has it (br_nf_pre_routing_finish_bridge): where the model says that it was bridged, that interface is no step.
   */
  path(shot: number, role: Role, modelled: readonly Hop[], messages?: readonly string[]): Sighting[] {
    const seen = new Set<string>();
    const bridges = modelled.flatMap(({ did }) => did.filter((step) => step.kind === "bridge"));
    const isBridged = ({ netns, direction }: Sighting, dev: string) =>
      direction === "out" &&
      bridges.some((bridge) => bridge.netns === netns && bridge.interface === dev) &&
      !modelled.some((hop) => hop.netns === netns && hop.interface === dev && hop.direction === "out");
    return this.all(shot, role).flatMap((one) => {
      const port = this.linkNamed(one.netns, one.dev)?.master !== undefined;
      if (port || one.direction === "other-host" || (messages && !messages.includes(kindOf(one.inside ?? one))))
        return [];
      const place = `${one.netns} ${one.dev} ${one.direction} ${one.ttl}`;
      const dev = this.planName(one.netns, one.dev);
      if (seen.has(place) || isBridged(one, dev)) return [];
      seen.add(place);
      return [{ ...one, dev }];
    });
  }

  /** Whether the namespace's node told all that it saw: only then does its silence mean something. */
  hears(netns: string): boolean {
    const node = this.netns(netns)?.node;
    return this.events.some((said) => said.node === node && said.trouble === undefined);
  }

  /** Why nodes did not tell all. */
  get silent(): string[] {
    return this.events.flatMap(({ trouble, unread }) => [
      ...(trouble ? [trouble.reason] : []),
      ...unread.map(({ netns, why }) => `what the kernel of ${netns} holds can't be read (${why})`),
    ]);
  }

  kernel(netns: string): KernelState | undefined {
    return this.#kernels.get(netns);
  }

  /** Why a namespace could not be entered; undefined when it could. */
  missing(netns: string): string | undefined {
    return this.#missing.get(netns);
  }

  /** What became of a pod's containers. */
  containersOf(pod: string): string[] {
    const plan = this.plan.pods.find(({ id }) => id === pod);
    const names = plan ? [plan.pause, ...plan.containers.map(({ container }) => container)] : [];
    const known = this.events.find(({ node }) => node === plan?.host)?.containers ?? [];
    return names.map((name) => {
      const found = known.find((one) => one.name === name);
      return `${plan?.host}: docker ps: ${name} ${found ? `${found.state} (${found.status})` : "is not there"}`;
    });
  }

  netns(id: string): Netns {
    return this.plan.netns.find((one) => one.id === id)!;
  }

  interface(netns: string, dev: string): Interface | undefined {
    return this.netns(netns)?.interfaces.find(({ name }) => name === dev);
  }

  /** An interface by the kernel's name. */
  linkNamed(netns: string, dev: string): Link | undefined {
    return this.kernel(netns)?.links.find(({ ifname }) => ifname === dev);
  }

  /** An interface by the plan's name; undefined when the kernel has it no more. */
  link(netns: string, dev: string): Link | undefined {
    return this.linkNamed(netns, this.kernelName(netns, dev));
  }

  /** Undefined for a packet that goes by none. */
  kernelName<Name extends string | undefined>(netns: string, planned: Name): string | Name {
    return [...this.#namesOf(netns)].find(([, name]) => name === planned)?.[0] ?? planned;
  }

  planName(netns: string, kernel: string): string {
    return this.#namesOf(netns).get(kernel) ?? kernel;
  }

  /** Of all interfaces of the lab the one with this MAC; else the bridge's port that it is behind. */
  holderOfMac(mac: string): MacHolder | undefined {
    const kernels = [...this.#kernels.values()];
    for (const { netns, links } of kernels) {
      const link = links.find(({ address, ifname }) => address === mac && ifname !== "lo");
      if (link?.master !== undefined) return this.#holderByPort(netns, link.ifname, link.master);
      if (link) return { netns, dev: this.planName(netns, link.ifname), words: `${netns}'s` };
    }
    for (const { netns, fdb = [], ports = [] } of kernels) {
      const port = ports.find(({ ifname }) => fdb.some((one) => one.mac === mac && one.ifname === ifname));
      if (port) return this.#holderByPort(netns, port.ifname, port.master, "behind ");
    }
    return undefined;
  }

  #holderByPort(netns: string, port: string, master: string, behind = ""): MacHolder {
    const pod = this.plan.netns.find(({ id, role, node }) => {
      return role === "pod" && node === netns && this.hostEnd(id)?.ifname === port;
    });
    const whose = pod ? `${netns}'s end of the veth of ${pod.id}` : "no pod's of the plan";
    return { netns, dev: master, words: `${behind}${port}, a port of ${netns} ${master}: ${whose}` };
  }

  addresses(netns: string, dev?: string): string[] {
    const links = this.kernel(netns)?.links.filter(
      ({ ifname }) => dev === undefined || ifname === this.kernelName(netns, dev),
    );
    return (links ?? []).flatMap(({ addr_info }) =>
      addr_info
        .filter(({ family, scope }) => family === "inet" || (family === "inet6" && scope === "global"))
        .flatMap(({ local }) => (local?.startsWith("127.") ? [] : local!)),
    );
  }

  rules(netns: string): readonly CountedRule[] {
    const known = this.#rules.get(netns) ?? countedRules(this.kernel(netns)?.rules ?? { before: "", after: "" });
    this.#rules.set(netns, known);
    return known;
  }

  /** Whether a rule of its namespace may match a packet. */
  mayMatch(rule: SavedRule, { netns, packet, in: came, out }: Pick<Held, "netns" | "packet" | "in" | "out">): boolean {
    return fits(rule, { ...packet, in: this.kernelName(netns, came), out: this.kernelName(netns, out) });
  }

  /** The rules that counted while the probes were repeated, and may match this packet. */
  counted(held: Pick<Held, "netns" | "packet" | "in" | "out">): CountedRule[] {
    return this.rules(held.netns).filter((rule) => rule.after > rule.before && this.mayMatch(rule, held));
  }

  /** The rules that the plan gives a namespace, with the kernel's names of its interfaces. */
  planned(netns: string): readonly SavedRule[] {
    const known = this.#planned.get(netns) ?? plannedRules(this.netns(netns), (dev) => this.kernelName(netns, dev));
    this.#planned.set(netns, known);
    return known;
  }

  /** What the kernel said when asked where it routes a packet: one that is made there, or one that came in. */
  routing({ netns, kind, packet, in: came }: Held): RouteLookup | undefined {
    const { source, dev } = kind === "made" ? {} : { source: packet.source, dev: this.kernelName(netns, came) };
    return this.events
      .flatMap(({ lookups }) => lookups)
      .find(
        (one) =>
          one.netns === netns && one.destination === packet.destination && one.source === source && one.dev === dev,
      );
  }

  /** The route of the main table that fits best. */
  route(netns: string, destination: string): KernelRoute | undefined {
    const known = this.kernel(netns)?.routes ?? [];
    const better = (a: KernelRoute, b: KernelRoute) =>
      subnetOf(b).prefix - subnetOf(a).prefix || (a.metric ?? 0) - (b.metric ?? 0);
    return known.filter((route) => subnetOf(route).contains(destination)).sort(better)[0];
  }

  neighbour(netns: string, address: string): Neighbour | undefined {
    return this.kernel(netns)?.neighbours.find(({ dst }) => dst === address);
  }

  /** ARP about an address, heard or said in a namespace. */
  arp(netns: string, address: string): ArpSaid[] {
    return this.events
      .flatMap(({ arp }) => arp)
      .filter((one) => one.netns === netns && (one.asks ? one.target : one.sender) === address);
  }

  /** A port of a bridge of a node. */
  port(node: string, ifname: string | undefined): BridgePort | undefined {
    return this.kernel(node)?.ports?.find((one) => one.ifname === ifname);
  }

  /** The host's end of a pod's veth. */
  hostEnd(pod: string): Link | undefined {
    const { node, interfaces } = this.netns(pod);
    const end = this.link(pod, interfaces[0]!.name);
    return end && this.kernel(node)?.links.find(({ ifindex }) => ifindex === end.link_index);
  }

  /** The kernel's names on the left, the plan's on the right: by address, where it has not changed, then by name, then by elimination. */
  #namesOf(netns: string): ReadonlyMap<string, string> {
    const known = this.#names.get(netns);
    if (known) return known;
    const planned = this.netns(netns)?.interfaces ?? [];
    const links = (this.kernel(netns)?.links ?? []).filter(
      ({ ifname, master }) => ifname !== "lo" && master === undefined,
    );
    const names = new Map<string, string>();
    const pair = (fits: (link: Link, plan: Interface) => boolean) => {
      for (const plan of planned) {
        if ([...names.values()].includes(plan.name)) continue;
        const link = links.find((one) => !names.has(one.ifname) && fits(one, plan));
        if (link) names.set(link.ifname, plan.name);
      }
    };
    pair((link, plan) => link.addr_info.some(({ local }) => holds(plan, local)));
    pair((link, plan) => link.ifname === plan.name);
    pair((link, plan) => plan.kind !== "bridge" && !link.ifname.startsWith("veth"));
    this.#names.set(netns, names);
    return names;
  }
}

/** Whether the plan gives an interface this address. */
export function holds({ addresses }: Interface, address: string | undefined): boolean {
  return addresses.some((one) => bare(one) === address);
}

/** What the kernel said of a route, as evidence. */
export function lookupText({ netns, command, answer, complaint }: RouteLookup): string {
  return `${netns}: ${command}: ${complaint || answer}`;
}

function subnetOf({ dst }: KernelRoute): Subnet {
  if (dst === "default") return new Subnet(DEFAULT_ROUTE);
  return new Subnet(dst.includes("/") ? dst : `${dst}/${isIPv6(dst) ? 128 : 32}`);
}

/** `blackhole 192.168.30.0/24`, `default via 10.240.1.1 dev eth0`, as `ip route` prints it. */
export function kernelRouteText({ type, dst, gateway, dev }: KernelRoute): string {
  const shown = type === "unicast" ? undefined : type;
  return [shown, dst, gateway && `via ${gateway}`, dev && `dev ${dev}`].filter(Boolean).join(" ");
}

/** A message, or what a packet of a TCP connection that stands is for. */
function kindOf({ message, segment }: Pick<Sighting, "message" | "segment">): string {
  return segment ?? message;
}
