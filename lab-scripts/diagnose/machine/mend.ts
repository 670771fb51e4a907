/** What lets a lab's frames past a rule of the machine. */
import { commandLine } from "../../../infra/home.ts";
import type { Bridge } from "./bridges.ts";
import type { Hook, Rule } from "./rule.ts";

/** Returns one line for what to do and, where the rule is another program's, one for whose it is. */
export function mends(lab: string, rule: Rule, hook: Hook, bridges: readonly Bridge[], on: Bridge): string[] {
  const own = bridges
    .filter(({ segment, calls }) => segment !== undefined && (rule.family === "bridge" || calls[rule.family ?? 4]))
    .map(({ name }) => name);
  const past = accept(rule, hook, own.length > 0 ? own : [on.name]);
  if (isDirectAccess(rule)) {
    return [
      `mend: ${commandLine("stop", lab)}; ${commandLine("start", lab)}: Docker 28 and newer sets this rule for each address of a network without the option com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected, which podlab gives its networks`,
      `mend, until then: ${past}`,
    ];
  }
  if (rule.tool.startsWith("ip6tables") && rule.table === "filter") {
    return [
      `mend: ${commandLine("start", lab)}: the lab's own rule of ip6tables, which comes before this one, is gone`,
      `mend, until then: ${past}`,
    ];
  }
  const network = networkOf(rule, bridges);
  if (network && network.segment === undefined && rule.effect === "source") {
    return [
      `the rule is of Docker network ${network.network} (${network.subnets.join(", ")}), which overlaps the lab: docker network rm ${network.network}, or another podCidr for the lab`,
      `mend, until then: ${past}`,
    ];
  }
  // It names the bridges' ports, which come and go.
  return [rule.family === "bridge" ? `mend, until a node is restarted: ${past}` : `mend: ${past}`];
}

/** As in `-d 10.240.2.2/32 ! -i br-0123456789ab -j DROP` of table raw. */
function isDirectAccess({ table, text, effect, number }: Rule): boolean {
  if (number === 0 || effect !== "drop") return false;
  return text.includes('"DROP DIRECT ACCESS"') || (table === "raw" && /^-d \S+ ! -i \S+ (.* )?-j DROP$/.test(text));
}

/** The Docker network for which Docker made a rule, by the bridge that it names. */
function networkOf({ conditions }: Rule, bridges: readonly Bridge[]): Bridge | undefined {
  const named = conditions.filter(({ field }) => field === "in" || field === "out").flatMap(({ values }) => values);
  return bridges.find(({ name }) => named.includes(name));
}

/** A command for the rule's own chain, so that it comes before it. */
function accept({ tool, family, table, chain }: Rule, hook: Hook, bridges: readonly string[]): string {
  const each = (command: (name: string) => string) =>
    bridges.length === 1 ? command(bridges[0]!) : `for b in ${bridges.join(" ")}; do ${command("$b")}; done`;
  if (family === "bridge") {
    const way = hook === "postrouting" ? "o" : "i";
    const one =
      tool === "nft"
        ? `nft insert rule ${table} ${chain} ${way}ifname $p accept`
        : `${tool} -t ${table} -I ${chain} -${way} $p -j ACCEPT`;
    return each((name) => `for p in $(ip -br link show master ${name} | cut -d @ -f 1); do ${one}; done`);
  }
  const [into, outOf] = [hook !== "postrouting", hook !== "prerouting"];
  if (tool === "nft") {
    const names = `{ ${bridges.map((name) => `"${name}"`).join(", ")} }`;
    const matches = [...(into ? [`iifname ${names}`] : []), ...(outOf ? [`oifname ${names}`] : [])];
    return `nft insert rule ${table} ${chain} '${matches.join(" ")} accept'`;
  }
  return each(
    (name) =>
      `${tool}${table === "filter" ? "" : ` -t ${table}`} -I ${chain}${into ? ` -i ${name}` : ""}${outOf ? ` -o ${name}` : ""} -j ACCEPT`,
  );
}
