/** What the captures tell: the lines of capture/main.py as types. */
import { parseTold } from "../../infra/machine/told.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";
import type { NodeTrouble } from "../verify/prober.ts";

export type Role = "question" | "answer" | "error";

interface Header {
  readonly protocol: "icmp" | "tcp" | "udp";
  readonly message: string;
  readonly segment?: Segment;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly ttl: number;
}

/** A packet of a shot, seen by one interface. */
export interface Sighting extends Header {
  readonly shot: number;
  /** `error`: an ICMP error about a packet of the shot. */
  readonly role: Role;
  readonly netns: string;
  /** The kernel's name of the interface, which need not be the plan's. */
  readonly dev: string;
  /** `other-host`: heard, but the frame was addressed to another MAC. */
  readonly direction: "in" | "out" | "other-host";
  /** Nanoseconds since 1970, by the one clock of the machine. */
  readonly at: string;
  readonly size: number;
  readonly error?: {
    readonly type: number;
    readonly code: number;
    readonly quotes: Role;
    readonly means: Outcome;
    /** What would have fitted. */
    readonly mtu?: number;
  };
  /** Present on an outer packet. */
  readonly inside?: Inside;
  readonly toMac?: string;
  readonly fromMac?: string;
  /** The whole frame in base64, where it was asked for. */
  readonly frame?: string;
}

/** What a packet of a TCP connection that stands carries: something, nothing, or the end. */
export type Segment = "data" | "ack" | "fin";

/** The packet in a tunnel's outer one. */
export interface Inside extends Header {
  readonly vxlan: number;
}

export interface ArpSaid {
  readonly netns: string;
  readonly dev: string;
  readonly direction: "in" | "out" | "other-host";
  readonly asks: boolean;
  readonly sender: string;
  readonly senderMac: string;
  readonly target: string;
}

/** An answer of `ip route get`. */
export interface RouteLookup {
  readonly netns: string;
  readonly destination: string;
  /** With these, of a packet that came in; without, of one that is made here. */
  readonly source?: string;
  readonly dev?: string;
  readonly command: string;
  readonly answer: string;
  readonly complaint: string;
}

/** As `ip -j address` prints it. */
export interface Link {
  readonly ifindex: number;
  readonly ifname: string;
  readonly link_index?: number;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address?: string;
  readonly master?: string;
  readonly addr_info: readonly {
    readonly family: string;
    readonly local?: string;
    readonly prefixlen?: number;
    /** `global`, `link`, `host` */
    readonly scope?: string;
  }[];
}

/** As `ip -j route` and `ip -6 -j route` print it; `default` is IPv4's, `::/0` IPv6's. */
export interface KernelRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly metric?: number;
  readonly flags?: readonly string[];
}

/** As `ip -j neighbour` prints it. */
export interface Neighbour {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

export interface KernelState {
  readonly netns: string;
  readonly links: readonly Link[];
  readonly routes: readonly KernelRoute[];
  /** Lines of `ip rule` that are not everybody's. */
  readonly policies: readonly string[];
  readonly neighbours: readonly Neighbour[];
  /** As `tc -j -s qdisc` prints them. */
  readonly queues: readonly { readonly dev: string; readonly kind: string; readonly drops: number }[];
  /** `ip_forward`, `eth0.rp_filter` … */
  readonly settings: Readonly<Record<string, string>>;
  /** `tcp 8080` … */
  readonly listening: readonly string[];
  /** `iptables-save -c` and its relatives before and after the shots, each below a line with the tool's name: `# iptables`. */
  readonly rules: { readonly before: string; readonly after: string };
  /** Of a node: lines of `conntrack -L` about datagrams to where shots are sent. */
  readonly flows?: readonly string[];
  readonly ports?: readonly BridgePort[];
  readonly fdb?: readonly FdbEntry[];
}

/** As `bridge -j -d link` prints it. */
export interface BridgePort {
  readonly ifname: string;
  readonly master: string;
  readonly state: string;
  /** Hears no other isolated port. */
  readonly isolated?: boolean;
  /** Sends back what came in by it. */
  readonly hairpin?: boolean;
}

/** As `bridge -j fdb` prints it. */
export interface FdbEntry {
  readonly mac: string;
  readonly ifname: string;
  /** Of a tunnel: the host behind which the MAC is. */
  readonly dst?: string;
}

/** What one node's capture told. */
export interface NodeEvents {
  readonly node: string;
  readonly seen: Sighting[];
  readonly arp: ArpSaid[];
  readonly lookups: RouteLookup[];
  readonly kernels: KernelState[];
  readonly containers: { readonly name: string; readonly state: string; readonly status: string }[];
  /** Shots that the sender's own kernel refused, with its words. */
  readonly refused: {
    readonly shot: number;
    readonly words: string;
    readonly errno: string;
    readonly outcome: Outcome;
  }[];
  /** What the senders' sockets got. */
  readonly heard: { readonly shot: number; readonly outcome: Outcome }[];
  /** Namespaces that could not be entered, and why. */
  readonly missing: { readonly netns: string; readonly why: string }[];
  /** Namespaces whose kernel state could not be read, and why. */
  readonly unread: { readonly netns: string; readonly why: string }[];
  trouble?: NodeTrouble;
  /** It was not capturing yet when the packets were sent. */
  late?: boolean | undefined;
}

export function noEvents(node: string): NodeEvents {
  return {
    node,
    seen: [],
    arp: [],
    lookups: [],
    kernels: [],
    containers: [],
    refused: [],
    heard: [],
    missing: [],
    unread: [],
  };
}

/** Adds one line of a capture; one that is no JSON is not its own. */
export function hear(into: NodeEvents, line: string): "ready" | "done" | undefined {
  const said = parsed(line);
  if (said.ready) return "ready";
  if (said.done) return "done";
  if (said.seen) into.seen.push(said.seen);
  else if (said.arp) into.arp.push(said.arp);
  else if (said.lookup) into.lookups.push(said.lookup);
  else if (said.kernel) into.kernels.push(said.kernel);
  else if (said.containers) into.containers.push(...said.containers);
  else if (said.heard !== undefined) into.heard.push({ shot: said.heard, outcome: said.outcome });
  else if (said.sent !== undefined) {
    const { sent: shot, refused: words, errno, outcome } = said;
    into.refused.push({ shot, words, errno, outcome });
  } else if (said.missing) into.missing.push({ netns: said.missing, why: said.detail });
  else if (said.unread) into.unread.push({ netns: said.unread, why: said.detail });
  return undefined;
}

function parsed(line: string) {
  try {
    return parseTold(line, "\n\t"); // tables are told whole
  } catch {
    return {};
  }
}
