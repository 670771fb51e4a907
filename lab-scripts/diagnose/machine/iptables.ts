/** Reads what `iptables-save -c` and its relatives print (iptables-save(8), ebtables-nft(8)). */
import type { Condition, Effect, Hook, Rule } from "./rule.ts";

const HOOKS: Readonly<Record<string, Hook>> = {
  PREROUTING: "prerouting",
  FORWARD: "forward",
  POSTROUTING: "postrouting",
};

const EFFECTS: Readonly<Record<string, Effect>> = {
  DROP: "drop",
  REJECT: "reject",
  MASQUERADE: "source",
  SNAT: "source",
  NETMAP: "source",
  DNAT: "destination",
  REDIRECT: "destination",
  TTL: "ttl",
  HL: "ttl",
};

const FIELDS: Readonly<Record<string, Condition["field"]>> = {
  "-s": "source",
  "-d": "destination",
  "-p": "protocol",
  "-i": "in",
  "-o": "out",
  "--dport": "port",
  "--dports": "port",
};

/** Interfaces without `logical` are ports of the bridge, and addresses without `ip` are Ethernet's. */
const BRIDGE_FIELDS: typeof FIELDS = {
  "-p": "protocol",
  "--ip-proto": "protocol",
  "--ip6-proto": "protocol",
  "--ip-src": "source",
  "--ip6-src": "source",
  "--ip-dst": "destination",
  "--ip6-dst": "destination",
  "--ip-dport": "port",
  "--ip6-dport": "port",
  "--logical-in": "in",
  "--logical-out": "out",
};

export interface SavedRule extends Rule {
  /** `DROP`, the name of a chain; empty where it only counts. */
  readonly target: string;
}

/** @param tool the command whose tables these are: `iptables`, `ip6tables-legacy` */
export function readSaved(tool: string, saved: string): SavedRule[] {
  const family = tool.startsWith("eb") ? "bridge" : tool.startsWith("ip6") ? 6 : 4;
  let table = "";
  const numbers = new Map<string, number>();
  return saved.split("\n").flatMap((line): SavedRule[] => {
    if (line.startsWith("*")) {
      table = line.slice(1);
      numbers.clear();
      return [];
    }
    const own = (chain: string) => ({ tool, family, table, chain, hook: HOOKS[chain] }) as const;
    // ebtables does not count what comes to a policy.
    const [, named = "", policy = "", passed] = /^:(\S+) (ACCEPT|DROP)(?: \[(\d+):.*)?$/.exec(line) ?? [];
    if (named) {
      const decides = { target: policy, effect: EFFECTS[policy], packets: passed ? Number(passed) : undefined };
      return [{ ...own(named), number: 0, text: `policy ${policy}`, conditions: [], jumps: [], ...decides }];
    }
    const [, packets, chain = "", text = ""] = /^\[(\d+):\d+\] -A (\S+) ?(.*)$/.exec(line) ?? [];
    if (!chain) return [];
    const number = (numbers.get(chain) ?? 0) + 1;
    numbers.set(chain, number);
    const words: readonly string[] = text.match(/"[^"]*"|\S+/g) ?? [];
    const at = words.findIndex((word) => word === "-j" || word === "-g");
    const target = at < 0 ? "" : words[at + 1]!;
    const effect = EFFECTS[target];
    return [
      {
        ...own(chain),
        number,
        text,
        conditions: conditionsOf(words, family === "bridge" ? BRIDGE_FIELDS : FIELDS),
        jumps: target === "" || effect ? [] : [{ to: target, conditions: [] }],
        target,
        packets: Number(packets),
        effect,
      },
    ];
  });
}

/** iptables has `! -s ADDRESS`, ebtables `--ip-src ! ADDRESS`. */
function conditionsOf(words: readonly string[], fields: typeof FIELDS): Condition[] {
  return words.flatMap((word, at) => {
    const field = fields[word];
    const not = words[at - 1] === "!" || words[at + 1] === "!";
    const value = words[at + (words[at + 1] === "!" ? 2 : 1)];
    if (!field || value === undefined) return [];
    return [{ field, not, values: value.split(",") }];
  });
}
