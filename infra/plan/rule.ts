/** Words of iptables rules, and the chains that hold them. */
import { portsText } from "../packet/describe.ts";
import type { Match } from "../packet/netns.ts";

/** A table: rules by chain. */
export type Chains = Record<string, string[]>;

/** A destination port of a protocol, as a rule asks for it; nothing where the rule does not. */
export function portMatch(match: Match): string {
  const { protocol, port } = match;
  if (protocol === undefined) return "";
  return words(`-p ${protocol} -m ${protocol}`, port !== undefined && `--dport ${portsText(match)}`);
}

/** The words that are there, with a space between them. */
export const words = (...all: readonly (string | false | undefined)[]): string => all.filter(Boolean).join(" ");
