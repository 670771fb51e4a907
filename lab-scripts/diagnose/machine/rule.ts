/** A rule or policy of the machine's firewall, whichever tool made it, and whether a frame of the lab meets it. */
import { isIPv6, Subnet } from "../../../infra/spec/address.ts";

/** What a rule may look at. */
export interface Frame {
  /** The kernel's names. What passes a bridge comes in and goes out by it. */
  readonly in?: string | undefined;
  readonly out?: string | undefined;
  /** `icmp` in either family; `arp`, whose addresses are those that it tells and asks for. */
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly destinationPort?: number | undefined;
}

export type Hook = "prerouting" | "forward" | "postrouting";

/** Ends a packet, or changes that part of it. */
export type Effect = "drop" | "reject" | "source" | "destination" | "ttl";

export interface Condition {
  readonly field: "source" | "destination" | "protocol" | "in" | "out" | "port";
  readonly not: boolean;
  /** As the tool prints them; any of them will do. */
  readonly values: readonly string[];
}

export interface Jump {
  readonly to: string;
  readonly conditions: readonly Condition[];
}

export interface Rule {
  /** The command that shows and changes it: `iptables`, `ip6tables-legacy`, `ebtables`, `nft`. */
  readonly tool: string;
  /** `bridge`: all frames come to it; others only IP packets, where the bridge calls the firewall (br_netfilter). Undefined where it is for both. */
  readonly family: 4 | 6 | "bridge" | undefined;
  /** `raw`; of nft with its family: `ip docker-bridges`. */
  readonly table: string;
  readonly chain: string;
  /** Of the chain, where packets come to it by themselves; undefined where only rules lead there, or where it is for other packets. */
  readonly hook?: Hook | undefined;
  /** From 1 within the chain; 0 for the chain's policy. */
  readonly number: number;
  /** Without the chain: `-d 10.240.2.2/32 -j DROP`, `ip daddr 10.240.2.2 drop`, `policy DROP`. */
  readonly text: string;
  readonly conditions: readonly Condition[];
  readonly effect?: Effect | undefined;
  readonly jumps: readonly Jump[];
  /** Counted so far; undefined where the rule does not count. */
  readonly packets?: number | undefined;
}

/** The same for one rule before and after. */
export function keyOf({ tool, table, chain, number, text }: Rule): string {
  return `${tool} ${table} ${chain} ${number} ${text}`;
}

/** A rule that a frame comes to, and by which hook. */
export interface Met {
  readonly rule: Rule;
  readonly hook: Hook;
}

/**
 * Returns the rules that a frame may come to and that may match it, the earliest hook first. Conditions that are not known here are
 * taken to fit, and rules before it to let it pass.
 */
export function metBy(rules: readonly Rule[], frame: Frame): Met[] {
  const chains = Map.groupBy(rules, ({ tool, table, chain }) => `${tool} ${table} ${chain}`);
  const found: Met[] = [];
  const seen = new Set<string>();
  const enter = (key: string, hook: Hook) => {
    if (seen.has(`${key} ${hook}`)) return;
    seen.add(`${key} ${hook}`);
    for (const rule of chains.get(key) ?? []) {
      if (!fits(rule, frame)) continue;
      found.push({ rule, hook });
      for (const { to, conditions } of rule.jumps) {
        if (fits({ family: rule.family, conditions }, frame)) enter(`${rule.tool} ${rule.table} ${to}`, hook);
      }
    }
  };
  for (const hook of ["prerouting", "forward", "postrouting"] as const) {
    for (const [key, [first]] of chains) if (first!.hook === hook) enter(key, hook);
  }
  return found;
}

/** Returns what a node sends to learn the link-layer address of a neighbour, and its answer (RFC 826, RFC 4861). */
export function resolving(asker: string, neighbour: string): Frame[] {
  if (!isIPv6(neighbour)) {
    return [
      { protocol: "arp", source: asker, destination: neighbour },
      { protocol: "arp", source: neighbour, destination: asker },
    ];
  }
  return [
    // Every node hears this group, too: what a rule says of multicast in general it says of both.
    { protocol: "icmp", source: asker, destination: "ff02::1" },
    { protocol: "icmp", source: asker, destination: neighbour },
    { protocol: "icmp", source: neighbour, destination: asker },
  ];
}

/** False when something surely doesn't fit. */
export function fits({ family, conditions }: Pick<Rule, "family" | "conditions">, frame: Frame): boolean {
  if (typeof family === "number" && !protocolsOf(frame).includes(family === 6 ? "ip6" : "ip")) return false;
  return conditions.every(({ field, not, values }) => {
    const answers = values.map((value) => holds(field, value, frame));
    if (answers.includes(true)) return !not;
    return answers.includes(undefined) || not;
  });
}

/** Undefined for what can't be told. */
function holds(field: Condition["field"], value: string, frame: Frame): boolean | undefined {
  switch (field) {
    case "source":
    case "destination":
      return within(value, frame[field]);
    case "in":
      return named(value, frame.in);
    case "out":
      // One that has not been routed yet may leave by any.
      return frame.out === undefined ? undefined : named(value, frame.out);
    case "protocol":
      return protocolsOf(frame).includes(value.toLowerCase());
    case "port":
      return inRange(value, frame.destinationPort);
  }
}

function named(pattern: string, dev: string | undefined): boolean {
  return /[+*]$/.test(pattern) ? dev?.startsWith(pattern.slice(0, -1)) === true : pattern === dev;
}

/** What the tools call it, on each layer. */
function protocolsOf({ protocol, destination }: Frame): string[] {
  if (protocol === "arp") return [protocol];
  if (!isIPv6(destination)) return ["ip", "ipv4", protocol];
  return ["ip6", "ipv6", ...(protocol === "icmp" ? ["icmpv6", "ipv6-icmp"] : [protocol])];
}

function within(value: string, address: string): boolean | undefined {
  if (address === "" || !/^[\da-f.:]+(\/\d+)?$/.test(value)) return undefined;
  if (isIPv6(value.split("/")[0]!) !== isIPv6(address)) return false;
  return value.includes("/") ? new Subnet(value).contains(address) : value === address;
}

function inRange(value: string, port: number | undefined): boolean | undefined {
  const [first = "", last = first] = value.split(/[:-]/);
  if (!/^\d+$/.test(first)) return undefined;
  return port !== undefined && Number(first) <= port && port <= Number(last);
}
