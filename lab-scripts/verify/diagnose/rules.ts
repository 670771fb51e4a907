/** iptables' rules as `iptables-save -c` prints them, what they counted meanwhile, and whether they can match a packet. */
import { Subnet } from "../../../infra/model/address.ts";

export interface CountedRule {
  readonly table: string;
  readonly chain: string;
  /** From 1 within the chain, as `iptables --line-numbers` has it; 0 for the chain's policy. */
  readonly number: number;
  /** As `iptables -S` prints it; of a policy `-P FORWARD DROP`. */
  readonly text: string;
  readonly target: string;
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

export function countedRules({ before, after }: { readonly before: string; readonly after: string }): CountedRule[] {
  const earlier = new Map(parse(before).map((rule) => [keyOf(rule), rule.packets]));
  return parse(after).map((rule) => {
    const { packets, ...rest } = rule;
    return { ...rest, after: packets, before: earlier.get(keyOf(rule)) ?? 0 };
  });
}

/** `filter FORWARD #1 "-A FORWARD -j DROP": 3 packets more (0 before)`. */
export function ruleEvidence({ table, chain, number, text, before, after }: CountedRule): string {
  const place = number === 0 ? `${table} ${chain} policy` : `${table} ${chain} #${number}`;
  const more = after - before;
  return `iptables ${place} "${text}" counted ${more} packet${more === 1 ? "" : "s"} of the repeated probes (${before} -> ${after})`;
}

type Parsed = Omit<CountedRule, "before" | "after"> & { readonly packets: number };

function keyOf({ table, chain, number, text }: Parsed): string {
  return `${table} ${chain} ${number} ${text}`;
}

function parse(saved: string): Parsed[] {
  let table = "";
  const numbers = new Map<string, number>();
  return saved.split("\n").flatMap((line): Parsed[] => {
    if (line.startsWith("*")) {
      table = line.slice(1);
      numbers.clear();
      return [];
    }
    const policy = /^:(\S+) (ACCEPT|DROP) \[(\d+):/.exec(line);
    if (policy) {
      const [, chain = "", target = "", packets] = policy;
      return [{ table, chain, number: 0, text: `-P ${chain} ${target}`, target, packets: Number(packets) }];
    }
    const rule = /^\[(\d+):\d+\] (-A (\S+).*)$/.exec(line);
    if (!rule) return [];
    const [, packets, text = "", chain = ""] = rule;
    const number = (numbers.get(chain) ?? 0) + 1;
    numbers.set(chain, number);
    return [{ table, chain, number, text, target: wordAfter(text, "-j") ?? "", packets: Number(packets) }];
  });
}

/** False when something in the rule surely doesn't fit; a match that is not known here is taken to fit. */
export function mayMatch({ text }: Pick<CountedRule, "text">, packet: Looked): boolean {
  const words = text.split(" ");
  const fits: Readonly<Record<string, (value: string) => boolean>> = {
    "-s": (value) => within(value, packet.source),
    "-d": (value) => within(value, packet.destination),
    "-p": (value) => value === packet.protocol,
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
export function ruleWords({ text, chain }: CountedRule): string {
  return text.replace(`-A ${chain} `, "");
}

function wordAfter(text: string, flag: string): string | undefined {
  const words = text.split(" ");
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
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
