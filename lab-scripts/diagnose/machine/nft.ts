/** Reads what `nft -a list ruleset` prints (nft(8)); rules that are written in another way than is known here may match anything. */
import type { Condition, Effect, Hook, Jump, Rule } from "./rule.ts";

const FAMILIES: Readonly<Record<string, Rule["family"]>> = { ip: 4, ip6: 6, inet: undefined, bridge: "bridge" };

const FIELDS: Readonly<Record<string, Condition["field"]>> = {
  saddr: "source",
  daddr: "destination",
  iifname: "in",
  iif: "in",
  oifname: "out",
  oif: "out",
  ibrname: "in",
  obrname: "out",
  l4proto: "protocol",
  protocol: "protocol",
  nexthdr: "protocol",
  dport: "port",
};

const ETHER_FIELDS: typeof FIELDS = { type: "protocol" };

const HEADERS = new Set(["ip", "ip6", "arp", "tcp", "udp", "icmp", "icmpv6"]);
const HEADER_FIELDS = new Set(["saddr", "daddr", "protocol", "nexthdr", "sport", "dport", "type"]);
const IS_PROTOCOL = { field: "protocol", not: false } as const;

interface Open {
  readonly chain: string;
  hook?: Hook;
  number: number;
}

/** An element of a map whose values are verdicts. */
interface Element {
  readonly key: string;
  readonly to: string;
}

/** @param others tables that another tool shows in its own words: `ip raw` */
export function readRuleset(text: string, others: ReadonlySet<string> = new Set()): Rule[] {
  const rules: Rule[] = [];
  let [table, map, elements] = ["", "", ""];
  let open: Open | undefined;
  let maps = new Map<string, Element[]>();
  for (const line of text.split("\n").map((one) => one.trim())) {
    const [, kind, name = ""] = /^(table|chain|map|set) (.+?) \{/.exec(line) ?? [];
    if (kind === "table") [table, maps] = [name, new Map()];
    else if (kind === "chain") open = { chain: name, number: 0 };
    else if (kind) map = kind === "map" ? name : "";
    else if (line.startsWith("elements = ") || elements) {
      elements += line;
      if (!line.endsWith("}")) continue;
      if (map) maps.set(map, elementsOf(elements));
      elements = "";
    } else if (line === "}") open = undefined;
    else if (open && table.split(" ")[0]! in FAMILIES && !others.has(table))
      rules.push(...read(table, open, line, maps));
  }
  return rules;
}

function read(table: string, open: Open, line: string, maps: ReadonlyMap<string, readonly Element[]>): Rule[] {
  const family = FAMILIES[table.split(" ")[0]!];
  const own = () => ({ tool: "nft", family, table, chain: open.chain, hook: open.hook });
  const [, hook, policy = "accept"] = /^type \w+ hook (\w+) .*?;(?: policy (\w+);)?/.exec(line) ?? [];
  if (hook) {
    if (hook === "prerouting" || hook === "forward" || hook === "postrouting") open.hook = hook;
    const effect = policy === "drop" ? policy : undefined;
    return [{ ...own(), number: 0, text: `policy ${policy}`, conditions: [], jumps: [], effect }];
  }
  const words: readonly string[] = line.replace(/ # handle \d+$/, "").match(/"[^"]*"|\{[^}]*\}|\S+/g) ?? [];
  if (words.length === 0) return [];
  // `counter packets 3 bytes 252`
  const count = words.indexOf("counter") + 1;
  const counts = count > 0 && words[count] === "packets";
  const shown = words.filter((_, at) => !counts || at < count || at >= count + 4);
  open.number += 1;
  return [
    {
      ...own(),
      number: open.number,
      text: shown.join(" "),
      conditions: conditionsOf(words, family),
      jumps: jumpsOf(words, maps),
      packets: counts ? Number(words[count + 1]) : undefined,
      effect: effectOf(words),
    },
  ];
}

function effectOf(words: readonly string[]): Effect | undefined {
  if (words.includes("drop")) return "drop";
  if (words.includes("reject")) return "reject";
  if (words.includes("masquerade") || words.includes("snat")) return "source";
  if (words.includes("dnat") || words.includes("redirect")) return "destination";
  return words.some((word, at) => word === "set" && ["ttl", "hoplimit"].includes(words[at - 1]!)) ? "ttl" : undefined;
}

function conditionsOf(words: readonly string[], family: Rule["family"]): Condition[] {
  return words.flatMap((word, at): Condition[] => {
    const header = words[at - 1] ?? "";
    const field = header === "ether" ? ETHER_FIELDS[word] : FIELDS[word];
    const not = words[at + 1] === "!=";
    const value = words[at + (not ? 2 : 1)];
    // `tcp dport`: it is for TCP alone.
    const own = HEADERS.has(header) && HEADER_FIELDS.has(word) ? [{ ...IS_PROTOCOL, values: [header] }] : [];
    // `ip saddr . tcp dport { … }`
    const joined = header === "." || words[at - 2] === ".";
    if (!field || value === undefined || /^(@|vmap$|&|\.$|<|>)/.test(value) || joined) return own;
    // There they are ports of the bridge.
    if (family === "bridge" && /^[io]if(name)?$/.test(word)) return own;
    return [...own, { field, not, values: valuesOf(value) }];
  });
}

function jumpsOf(words: readonly string[], maps: ReadonlyMap<string, readonly Element[]>): Jump[] {
  const at = words.findIndex((word) => word === "jump" || word === "goto");
  if (at >= 0) return [{ to: words[at + 1]!, conditions: [] }];
  const mapped = words.indexOf("vmap");
  if (mapped < 0) return [];
  const where = words[mapped + 1] ?? "";
  const field = FIELDS[words[mapped - 1]!];
  const elements = where.startsWith("@") ? (maps.get(where.slice(1)) ?? []) : elementsOf(where);
  return elements.map(({ key, to }) => ({ to, conditions: field ? [{ field, not: false, values: [key] }] : [] }));
}

function elementsOf(text: string): Element[] {
  return [...text.matchAll(/([^\s,{]+)\s*:\s*(?:jump|goto)\s+([^\s,}]+)/g)].map(([, key = "", to = ""]) => ({
    key: unquoted(key),
    to,
  }));
}

function valuesOf(value: string): string[] {
  const inner = value.startsWith("{") ? value.slice(1, -1).split(",") : [value];
  return inner.map((one) => unquoted(one.trim()));
}

function unquoted(word: string): string {
  return word.replace(/^"(.*)"$/, "$1");
}
