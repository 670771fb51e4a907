/** iptables' rules as `iptables-save -c` and ip6tables-save print them, what they counted meanwhile, and whether they can match a packet. */
import type { Netns } from "../../infra/packet/netns.ts";
import { tablesOf } from "../../infra/plan/tables.ts";
import { isIPv6, Subnet } from "../../infra/spec/address.ts";

export interface Rule {
  /** Of ip6tables. */
  readonly family?: 6;
  readonly table: string;
  readonly chain: string;
  /** As `iptables -S` prints it; of a policy `-P FORWARD DROP`. */
  readonly text: string;
  readonly target: string;
}

export interface CountedRule extends Rule {
  /** From 1 within the chain, as `iptables --line-numbers` has it; 0 for the chain's policy. */
  readonly number: number;
  readonly before: number;
  readonly after: number;
}

/** What a rule may look at. */
export interface Looked {
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly destinationPort?: number | undefined;
  /** The kernel's names. */
  readonly in?: string | undefined;
  readonly out?: string | undefined;
}

/** The rules that a namespace has by the plan. @param kernelName of an interface, by the plan's */
export function plannedRules(netns: Netns, kernelName: (dev: string) => string): Rule[] {
  return ([undefined, 6] as const).flatMap((family) =>
    Object.entries(tablesOf(netns, family)).flatMap(([table, chains]) =>
      Object.entries(chains).flatMap(([chain, rules]) =>
        rules.map((rule) => {
          const own = rule.replace(/(?<=-[io] )\S+/g, kernelName);
          return { ...(family ? { family } : {}), table, chain, text: `-A ${chain} ${own}`, target: targetOf(own) };
        }),
      ),
    ),
  );
}

export function countedRules({ before, after }: { readonly before: string; readonly after: string }): CountedRule[] {
  const earlier = new Map(parse(before).map((rule) => [keyOf(rule), rule.packets]));
  return parse(after).map((rule) => {
    const { packets, ...rest } = rule;
    return { ...rest, after: packets, before: earlier.get(keyOf(rule)) ?? 0 };
  });
}

/** `filter FORWARD #1 "-A FORWARD -j DROP": 3 packets more (0 before)`. */
export function ruleEvidence({ family, table, chain, number, text, before, after }: CountedRule): string {
  const place = number === 0 ? `${table} ${chain} policy` : `${table} ${chain} #${number}`;
  const more = after - before;
  return `${family === 6 ? "ip6tables" : "iptables"} ${place} "${text}" counted ${more} packet${more === 1 ? "" : "s"} of the repeated probes (${before} -> ${after})`;
}

type Parsed = Omit<CountedRule, "before" | "after"> & { readonly packets: number };

function keyOf({ family, table, chain, number, text }: Parsed): string {
  return `${family} ${table} ${chain} ${number} ${text}`;
}

function parse(saved: string): Parsed[] {
  let table = "";
  let family: Pick<CountedRule, "family"> = {};
  const numbers = new Map<string, number>();
  return saved.split("\n").flatMap((line): Parsed[] => {
    if (line === "# ip6tables") family = { family: 6 };
    if (line.startsWith("*")) {
      table = line.slice(1);
      numbers.clear();
      return [];
    }
    const policy = /^:(\S+) (ACCEPT|DROP) \[(\d+):/.exec(line);
    if (policy) {
      const [, chain = "", target = "", packets] = policy;
      return [{ ...family, table, chain, number: 0, text: `-P ${chain} ${target}`, target, packets: Number(packets) }];
    }
    const rule = /^\[(\d+):\d+\] (-A (\S+).*)$/.exec(line);
    if (!rule) return [];
    const [, packets, text = "", chain = ""] = rule;
    const number = (numbers.get(chain) ?? 0) + 1;
    numbers.set(chain, number);
    return [{ ...family, table, chain, number, text, target: targetOf(text), packets: Number(packets) }];
  });
}

/** False when something in the rule surely doesn't fit; a match that is not known here is taken to fit. */
export function mayMatch({ text, family }: Pick<CountedRule, "text" | "family">, packet: Looked): boolean {
  if (isIPv6(packet.destination) !== (family === 6)) return false;
  const words = text.split(" ");
  const fits: Readonly<Record<string, (value: string) => boolean>> = {
    "-s": (value) => within(value, packet.source),
    "-d": (value) => within(value, packet.destination),
    "-p": (value) => value.replace("ipv6-icmp", "icmp") === packet.protocol,
    "-i": (value) => packet.in !== undefined && dev(value, packet.in),
    "-o": (value) => packet.out === undefined || dev(value, packet.out),
    "--dport": (value) => packet.destinationPort !== undefined && ports(value, packet.destinationPort),
  };
  return words.every((word, at) => {
    const test = fits[word];
    const value = words[at + 1];
    return test === undefined || value === undefined || test(value) !== (words[at - 1] === "!");
  });
}

/** The rule without `-A CHAIN`, for a sentence. */
export function ruleWords({ text, chain }: Rule): string {
  return text.replace(`-A ${chain} `, "");
}

function targetOf(text: string): string {
  return / -[jg] (\S+)/.exec(` ${text}`)?.[1] ?? "";
}

function within(cidr: string, address: string): boolean {
  return cidr.includes("/") ? new Subnet(cidr).contains(address) : cidr === address;
}

function dev(pattern: string, name: string): boolean {
  return pattern.endsWith("+") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function ports(range: string, port: number): boolean {
  const [first = "", last = first] = range.split(":");
  return Number(first) <= port && port <= Number(last);
}
