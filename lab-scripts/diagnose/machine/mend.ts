/** What lets a lab's frames past a rule of the machine. */
import type { Bridge } from "./bridges.ts";
import type { Hook, Rule } from "./rule.ts";

/** Returns one line for what to do and, where the rule is another program's, one for whose it is. */
export function mends(lab: string, rule: Rule, hook: Hook, bridges: readonly Bridge[], on: Bridge): string[] {
  const own = bridges
    .filter(({ segment, calls }) => segment !== undefined && calls[rule.family ?? 4])
    .map(({ name }) => name);
  const past = accept(rule, hook, own.length > 0 ? own : [on.name]);
  if (isDirectAccess(rule)) {
    return [
      `mend: npm stop -- ${lab}; npm start -- ${lab}: Docker 28 and newer sets this rule for each address of a network without the option com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected, which podlab gives its networks`,
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
  return [`mend: ${past}`];
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
function accept({ tool, table, chain }: Rule, hook: Hook, bridges: readonly string[]): string {
  const [into, outOf] = [hook !== "postrouting", hook !== "prerouting"];
  if (tool === "nft") {
    const names = `{ ${bridges.map((name) => `"${name}"`).join(", ")} }`;
    const [input, output] = table.startsWith("bridge ") ? ["meta ibrname", "meta obrname"] : ["iifname", "oifname"];
    const matches = [...(into ? [`${input} ${names}`] : []), ...(outOf ? [`${output} ${names}`] : [])];
    return `nft insert rule ${table} ${chain} '${matches.join(" ")} accept'`;
  }
  const one = (name: string) =>
    `${tool}${table === "filter" ? "" : ` -t ${table}`} -I ${chain}${into ? ` -i ${name}` : ""}${outOf ? ` -o ${name}` : ""} -j ACCEPT`;
  return bridges.length === 1 ? one(bridges[0]!) : `for b in ${bridges.join(" ")}; do ${one("$b")}; done`;
}
