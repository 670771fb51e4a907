/** NAT at a hook: asks the chain once for a new connection, then rewrites every packet of it alike. */
import { Subnet } from "../spec/address.ts";
import type { HookInterfaces } from "./chains.ts";
import { bindDestination, bindSource, type Track, translate } from "./conntrack.ts";
import type { Step } from "./hop.ts";
import type { Interface, NatRule } from "./netns.ts";
import type { Namespace } from "./network.ts";
import type { Packet } from "./packet.ts";
import type { Traversal } from "./traversal.ts";

/** PREROUTING and OUTPUT: where the packet is to go. */
export function natDestination(
  traversal: Traversal,
  at: Namespace,
  chain: "PREROUTING" | "OUTPUT",
  packet: Packet,
  track: Track,
  ports: HookInterfaces,
  steps: Step[],
): Packet {
  const rule = wanted(at, chain, packet, track, ports, steps);
  if (rule !== undefined && track.state === "new" && rule.rule.action.kind === "dnat") {
    const { to, marks } = rule.rule.action;
    const endpoint = traversal.choose(to);
    if (endpoint !== undefined) {
      const port = packet.protocol === "icmp" || endpoint.port === 0 ? packet.destinationPort : endpoint.port;
      bindDestination(track.connection, rule, endpoint.address, port);
      if (marks !== undefined) track.connection.marked = isMarked(packet.source, endpoint.address, marks);
    }
  }
  return translate(packet, track, "destination", steps);
}

/** An endpoint that asks itself would answer itself, past the translation (hairpin): so it never sees its own address. */
function isMarked(source: string, endpoint: string, { exceptFrom }: { readonly exceptFrom?: string }): boolean {
  return source === endpoint || exceptFrom === undefined || !new Subnet(exceptFrom).contains(source);
}

/** POSTROUTING: whom the packet is from. `neighbour` is the next hop, by which MASQUERADE chooses among an interface's addresses. */
export function natSource(
  at: Namespace,
  packet: Packet,
  track: Track,
  out: Interface | undefined,
  neighbour: string,
  steps: Step[],
): Packet {
  const { marked } = track.state === "invalid" ? { marked: false } : track.connection;
  const rule = wanted(at, "POSTROUTING", packet, track, { out: out?.name ?? "lo", marked }, steps);
  if (rule !== undefined && track.state === "new") {
    const { action } = rule.rule;
    if (action.kind === "snat") bindSource(track.connection, rule, action.to);
    // What a namespace sends to itself leaves by lo, whose address is 127.0.0.1: never masqueraded in a lab's rules.
    if (action.kind === "masquerade" && out !== undefined) {
      const address = at.table.sourceOn(out, neighbour, packet.destination);
      if (address !== undefined) bindSource(track.connection, rule, address);
    }
  }
  return translate(packet, track, "source", steps);
}

function wanted(
  at: Namespace,
  chain: NatRule["chain"],
  packet: Packet,
  track: Track,
  ports: HookInterfaces,
  steps: Step[],
) {
  if (track.state !== "new" || track.direction === "reply") return undefined;
  const { connection } = track;
  const decided = chain === "POSTROUTING" ? "sourceDecided" : "destinationDecided";
  if (connection[decided]) return undefined;
  connection[decided] = true;
  const rule = at.chains.of(packet).nat(chain, packet, ports);
  if (rule?.rule.action.kind !== "accept") return rule;
  steps.push({ kind: "exempt", rule });
  return undefined;
}
