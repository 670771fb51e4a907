/** What a plan says of a namespace, in the words of `ip` and `iptables`. */

import { portsText } from "../../infra/packet/describe.ts";
import type { FilterRule, Interface, Match, NatRule, Netns, Route, VxlanPeer } from "../../infra/packet/netns.ts";
import { isIPv6 } from "../../infra/spec/address.ts";

/** Commands that turn a namespace that is as `from` says into one that is as `to` says; one a line of a shell script. */
export function changes(from: Netns, to: Netns): string[] {
  return [
    ...(from.forwarding === to.forwarding ? [] : [forwardingText(to)]),
    ...((from.bridgeNetfilter ?? false) === (to.bridgeNetfilter ?? false)
      ? []
      : [`sysctl -qw net.bridge.bridge-nf-call-iptables=${Number(to.bridgeNetfilter ?? false)}`]),
    ...to.interfaces.flatMap((one) => interfaceChanges(from.interfaces.find(({ name }) => name === one.name)!, one)),
    ...routeChanges(from, to),
    ...ruleChanges("iptables", from, to, undefined),
    ...ruleChanges("ip6tables", from, to, 6),
  ];
}

type Tool = "iptables" | "ip6tables";

function ruleChanges(tool: Tool, from: Netns, to: Netns, family: FilterRule["family"]): string[] {
  const of = <Rule extends Pick<FilterRule, "family">>(rules: readonly Rule[]) =>
    rules.filter((one) => one.family === family);
  const filter = of(to.filter);
  return [
    ...natChanges(tool, of(from.nat), of(to.nat)),
    ...(same(of(from.filter), filter) ? [] : restore(tool, "filter", filter.flatMap(filterTexts))),
  ];
}

function forwardingText({ forwarding, interfaces }: Netns): string {
  const v6 = interfaces.some(({ addresses }) => addresses.some(isIPv6)) ? ["net.ipv6.conf.all.forwarding"] : [];
  return `sysctl -qw ${["net.ipv4.ip_forward", ...v6].map((one) => `${one}=${Number(forwarding)}`).join(" ")}`;
}

function interfaceChanges(from: Interface, to: Interface): string[] {
  const { name } = to;
  return [
    ...from.addresses.filter((one) => !to.addresses.includes(one)).map((one) => `ip address del ${one} dev ${name}`),
    ...to.addresses.filter((one) => !from.addresses.includes(one)).map((one) => `ip address add ${one} dev ${name}`),
    ...(from.mtu === to.mtu ? [] : [`ip link set dev ${name} mtu ${to.mtu}`]),
    ...peerChanges(name, from.vxlan?.peers ?? [], to.vxlan?.peers ?? []),
  ];
}

function peerChanges(dev: string, from: readonly VxlanPeer[], to: readonly VxlanPeer[]): string[] {
  return from.flatMap(({ inner, mac, vtep }) => {
    const now = to.find((one) => one.inner === inner);
    if (now === undefined) {
      return [`bridge fdb delete ${mac} dev ${dev} dst ${vtep}`, `ip neighbour delete ${inner} dev ${dev}`];
    }
    return now.vtep === vtep ? [] : [`bridge fdb replace ${mac} dev ${dev} dst ${now.vtep} self permanent`];
  });
}

function routeChanges(from: Netns, to: Netns): string[] {
  const kept = (route: Route, others: readonly Route[]) => others.some((other) => same(other, route));
  const wanted = new Set(to.routes.map(({ destination }) => destination));
  const gone = from.routes.filter((route) => !wanted.has(route.destination));
  return [
    ...gone.map((route) => `ip route del ${routeText(route)}${unlessGone(to, route)}`),
    ...to.routes
      .filter((route) => !kept(route, from.routes))
      .map((route) => `ip route replace ${routeText(route)}${onlink(to, route)}${unlessGone(to, route)}`),
  ];
}

/** A link that became too small for IPv6 (RFC 8200, 5) has taken its routes with it. */
function unlessGone({ interfaces }: Netns, { destination }: Route): string {
  return isIPv6(destination) && interfaces.some(({ mtu }) => mtu < 1280) ? " || true" : "";
}

/** Next hops in a tunnel are on no subnet of its interface. */
function onlink({ interfaces }: Netns, { via, dev }: Route): string {
  return via && interfaces.some(({ name, kind }) => name === dev && kind === "vxlan") ? " onlink" : "";
}

/** Rules put before the others leave the chains as they are; anything else writes the table anew. */
function natChanges(tool: Tool, from: readonly NatRule[], to: readonly NatRule[]): string[] {
  if (same(from, to)) return [];
  const more = to.length - from.length;
  if (more > 0 && same(from, to.slice(more))) {
    return to
      .slice(0, more)
      .toReversed()
      .map((rule) => `${tool} -t nat -I ${natText(rule)}`);
  }
  return restore(tool, "nat", to.flatMap(natTexts));
}

/** Names a chain: it is declared. Anything else is a rule. */
const CHAIN = ":";

function restore(tool: Tool, table: string, rules: readonly string[]): string[] {
  const lines = rules.map((rule) => (rule.startsWith(CHAIN) ? rule : `-A ${rule}`));
  return [`${tool}-restore << END`, `*${table}`, ...lines, "COMMIT", "END"];
}

/** A route as `ip route` takes it. */
export function routeText({ type, destination, via, dev }: Route): string {
  return [type ?? "unicast", destination, via && `via ${via}`, dev && `dev ${dev}`].filter(Boolean).join(" ");
}

function matchText(match: Match, family?: FilterRule["family"]): string {
  const { source, notSource, destination, notDestination, inInterface, outInterface, protocol } = match;
  const words = [
    match.marked && `-m mark --mark ${MARK}`,
    source && `-s ${source}`,
    notSource && `! -s ${notSource}`,
    destination && `-d ${destination}`,
    notDestination && `! -d ${notDestination}`,
    inInterface && `-i ${inInterface}`,
    outInterface && `-o ${outInterface}`,
    protocol && `-p ${family === 6 && protocol === "icmp" ? "icmpv6" : protocol}`,
    match.port && `--dport ${portsText(match)}`,
    match.toOwn && "-m addrtype --dst-type LOCAL",
  ];
  return words.flatMap((word) => (word ? [` ${word}`] : [])).join("");
}

/** kube-proxy's mark for what is to be masqueraded. */
const MARK = "0x4000/0x4000";

/** A rule that chooses among endpoints, or marks, takes chains of its own; any other one is a rule as it stands. */
function natTexts(rule: NatRule, at: number): string[] {
  const { action, chain, match } = rule;
  if (action.kind !== "dnat" || (action.to.length === 1 && action.marks === undefined)) return [natText(rule)];
  const { to, marks } = action;
  const name = `RULE-${at}`;
  const masked =
    marks && `${marks.exceptFrom === undefined ? "" : ` ! -s ${marks.exceptFrom}`} -j MARK --set-xmark ${MARK}`;
  return [
    ...[name, ...to.map((_, number) => `${name}-${number}`)].map((one) => `${CHAIN}${one} - [0:0]`),
    `${chain}${matchText(match)} -j ${name}`,
    ...(masked === undefined ? [] : [`${name}${masked}`]),
    ...to.flatMap(({ address, port }, number) => {
      const left = to.length - number;
      const lot = left === 1 ? "" : ` -m statistic --mode random --probability ${1 / left}`;
      return [
        `${name}${lot} -j ${name}-${number}`,
        ...(marks === undefined ? [] : [`${name}-${number} -s ${address} -j MARK --set-xmark ${MARK}`]),
        `${name}-${number} -p ${match.protocol} -j DNAT --to-destination ${address}:${port}`,
      ];
    }),
  ];
}

/** A NAT rule as `iptables -t nat -A` takes it. */
export function natText(rule: NatRule): string {
  return `${rule.chain}${matchText(rule.match, rule.family)} -j ${natTarget(rule)}`;
}

function natTarget({ action }: NatRule): string {
  if (action.kind === "accept") return "ACCEPT";
  if (action.kind === "masquerade") return "MASQUERADE";
  if (action.kind === "snat") return `SNAT --to-source ${action.to}`;
  const [endpoint, ...others] = action.to;
  if (!endpoint || others.length > 0) throw new Error("several endpoints of one DNAT rule take chains of their own");
  // Port 0 keeps the packet's own.
  return `DNAT --to-destination ${endpoint.address}${endpoint.port === 0 ? "" : `:${endpoint.port}`}`;
}

/** A rule that spares some of what it matches takes a chain of its own. */
function filterTexts(rule: FilterRule, at: number): string[] {
  const { chain, match, unless, action } = rule;
  if (unless === undefined) return [filterText(rule)];
  const name = `RULE-${at}`;
  return [
    `${CHAIN}${name} - [0:0]`,
    `${chain}${matchText(match)} -j ${name}`,
    ...unless.map((one) => `${name}${matchText(one)} -j RETURN`),
    `${name} -j ${action.toUpperCase()}`,
  ];
}

/** A filter rule as `iptables -A` takes it. */
export function filterText({ family, chain, match, action, established }: FilterRule): string {
  const known = established ? " -m conntrack --ctstate ESTABLISHED,RELATED" : "";
  return `${chain}${matchText(match, family)}${known} -j ${action.toUpperCase()}`;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
