/** Words for what became of a packet, for people who read `ip route` and `iptables -S`. */
import { isIPv6 } from "../spec/address.ts";
import { MASQUERADE_MARK, serviceChain } from "../spec/names.ts";
import type { Drop, Hop, RuleRef, Step } from "./hop.ts";
import type { Match, Route } from "./netns.ts";
import type { Walk } from "./walk.ts";

/** The last interfaces that saw the packet, and what ended it there. Empty when nothing ended it. */
export function describeLoss({ forward, reply, dropped }: Walk): string {
  if (dropped === undefined) return "";
  const last = (dropped.leg === "forward" ? forward : reply).at(-1);
  const what = dropped.leg === "forward" ? "" : "the answer ";
  const left = last?.direction === "out" && last.node !== dropped.node ? `left ${last.netns} ${last.interface}, ` : "";
  const place =
    dropped.interface === undefined
      ? `ended in ${dropped.netns}`
      : `arrived at ${dropped.netns} ${dropped.interface} and never left it`;
  return `${what}${left}${place}: ${describeWhy(dropped)}`;
}

/** Why a packet ended where it did, with the route or rule. */
export function describeWhy({ why, netns }: Pick<Drop, "why" | "netns">): string {
  switch (why.kind) {
    case "no-route":
      return `no route to ${why.destination}`;
    case "route-type":
      return `its route is ${routeText(why.route)}`;
    case "no-source-address":
      return `${netns} has no address to send from`;
    case "no-neighbour":
      return `nobody on ${why.link} answers for ${why.address}`;
    case "no-peer":
      return `VXLAN ${why.vxlan} knows no peer behind ${why.address}`;
    case "not-the-peer":
      return `${netns} is not the VXLAN ${why.vxlan} peer ${why.address} that the frame is for`;
    case "tunnel-loop":
      return `the way to the VXLAN ${why.vxlan} peer leads into the tunnel itself`;
    case "same-port":
      return `${why.bridge} sends nothing back by the port it came in by`;
    case "not-forwarding":
      return `it does not forward packets (${why.family === 6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward"} is 0)`;
    case "martian-source":
      return `${why.source} is an address of ${netns} itself, so what claims to come from it is dropped`;
    case "loopback-source":
      return `${why.source} never leaves ${netns} (net.ipv4.conf.*.route_localnet is 0)`;
    case "no-broadcast":
      return `${why.address} is a broadcast address, to which only a socket with SO_BROADCAST may send`;
    case "to-many":
      return `${why.address} is an address of many, and nobody answers what is sent there`;
    case "ttl":
      return "its TTL ran out";
    case "mtu":
      return `${why.size} bytes don't fit ${why.interface} (MTU ${why.mtu})`;
    case "filter":
      return `${why.action === "drop" ? "dropped" : "rejected"} by ${ruleText(why.rule)}`;
    case "unexpected-answer":
      return `an answer from ${why.source} came where one from ${why.expected} was awaited`;
  }
}

/** What a namespace did to a packet, in a few words. */
export function describeStep(step: Step): string {
  return stepText(step);
}

/** The same for whoever knows which namespace it is about. */
export function describeStepIn(netns: string, step: Step): string {
  return stepText(step, netns);
}

function stepText(step: Step, here?: string): string {
  switch (step.kind) {
    case "route":
      return `sent by route ${routeText(step.route)}`;
    case "forward":
      return `forwarded by route ${routeText(step.route)}`;
    case "nat":
      return `${step.changed} ${step.from} -> ${step.to}, ${step.what === "undo" ? "undoing" : "by"} ${ruleText(step.rule, here)}`;
    case "exempt":
      return `kept its address by ${ruleText(step.rule, here)}`;
    case "filter":
      return `let through by ${ruleText(step.rule, here)}`;
    case "fragment":
      return `split to fit MTU ${step.mtu}`;
    case "encapsulate":
      return `wrapped in VXLAN ${step.vxlan} to ${step.vtep}`;
    case "decapsulate":
      return `unwrapped from VXLAN ${step.vxlan}`;
    case "bridge":
      return `bridged by ${step.netns} ${step.interface}`;
    case "deliver":
      return "delivered";
  }
}

/** One line a hop: who saw it where, and the header it had there. */
export function describeHop(hop: Hop): string {
  const arrow = hop.direction === "in" ? "->" : "<-";
  const inside = hop.inside ? ` [${hop.inside.source} > ${hop.inside.destination} ttl ${hop.inside.ttl}]` : "";
  const did = hop.did.length === 0 ? "" : `  ${hop.did.map(describeStep).join("; ")}`;
  const where = hop.direction === "in" ? `${arrow} ${hop.netns} ${hop.interface}` : `${hop.netns} ${hop.interface} ->`;
  return `${where}  ${hop.source} > ${hop.destination} ttl ${hop.ttl}${inside}${did}`;
}

/** A route as `ip route` prints it. */
export function routeText({ type, destination, via, dev }: Route): string {
  const target = destination === "0.0.0.0/0" || destination === "::/0" ? "default" : destination;
  return [type, target, via && `via ${via}`, dev && `dev ${dev}`].filter(Boolean).join(" ");
}

/** A rule as `iptables -S` prints it, after its place in the chain. */
export function ruleText(ref: RuleRef, here?: string): string {
  const { rule } = ref;
  const where = ref.netns === here ? "" : `${ref.netns} `;
  const state = "established" in rule && rule.established ? " -m conntrack --ctstate RELATED,ESTABLISHED" : "";
  // A service's rules are many in the kernel, in chains that bear its name.
  const service =
    "action" in rule && typeof rule.action === "object" && rule.action.kind === "dnat" && rule.action.service;
  const policy = "policy" in rule ? rule.policy : undefined;
  const own = service ? serviceChain(service) : policy && `${policy.chain} of ${policy.names.join(", ")}`;
  const place = own ? `${rule.chain} ${own}` : `${rule.chain} #${ref.number}`;
  const table = `${rule.family === 6 ? "ip6tables " : ""}${ref.table}`;
  return `${where}${table} ${place} (${matchText(rule.match, rule.family)}${state} -j ${targetText(ref)})`.replace(
    "( ",
    "(",
  );
}

function matchText(match: Match, family: RuleRef["rule"]["family"]): string {
  const { source, notSource, destination, notDestination, inInterface, outInterface, protocol } = match;
  return [
    match.marked && `-m mark --mark ${MASQUERADE_MARK}/${MASQUERADE_MARK}`,
    source && `-s ${source}`,
    notSource && `! -s ${notSource}`,
    destination && `-d ${destination}`,
    notDestination && `! -d ${notDestination}`,
    inInterface && `-i ${inInterface}`,
    outInterface && `-o ${outInterface}`,
    protocol && `-p ${family === 6 && protocol === "icmp" ? "icmpv6" : protocol}`,
    match.port !== undefined && `--dport ${portsText(match)}`,
    match.toOwn && "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL",
  ]
    .filter(Boolean)
    .join(" ");
}

/** A port, or a range of them, as iptables writes it. */
export const portsText = ({ port, endPort = port }: Match): string =>
  endPort === port ? `${port}` : `${port}:${endPort}`;

const endpointText = ({ address, port }: { address: string; port: number }) =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;

function targetText(ref: RuleRef): string {
  if (ref.table === "filter") return ref.rule.action.toUpperCase();
  const { action } = ref.rule;
  switch (action.kind) {
    case "accept":
      return "RETURN";
    case "masquerade":
      return "MASQUERADE";
    case "snat":
      return `SNAT --to-source ${action.to}`;
    case "dnat":
      return `DNAT --to-destination ${action.to.map(endpointText).join(" or ")}`;
  }
}
