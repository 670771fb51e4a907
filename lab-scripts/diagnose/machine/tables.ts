/** All firewall rules of this machine, with what they counted so far, by the commands that an administrator would use. */
import { type CommandFailed, outputOf } from "../../../infra/machine/command.ts";
import { readSaved } from "./iptables.ts";
import { readRuleset } from "./nft.ts";
import type { Rule } from "./rule.ts";

/** Longest wait for one command, in milliseconds: they need some hundredths of a second. */
const TIMEOUT_MS = 5_000;

/** Each keeps its rules in the kernel in two ways (xtables-nft(8)), whatever the name without one stands for. */
const TOOLS = ["iptables", "ip6tables", "ebtables"] as const;
const VARIANTS = ["nft", "legacy"] as const;

/** What an administrator would read them with. */
export const SHOWN_BY = "iptables-save -c; ip6tables-save -c; ebtables-save -c; nft list ruleset";

export interface Tables {
  readonly rules: readonly Rule[];
  /** What the tools said that are there and failed: of their rules nothing is known. */
  readonly failed: readonly string[];
}

/** Returns the rules of every tool that is there. @throws Error when none is */
export async function readTables(): Promise<Tables> {
  const failed: string[] = [];
  const ruleset = run(failed, "nft", "-a", "list", "ruleset");
  const saved = await Promise.all(TOOLS.map((tool) => savedBy(tool, failed)));
  const rules = saved.flatMap((one) => one?.rules ?? []);
  const listed = await ruleset;
  if (listed === undefined && saved.every((one) => one === undefined)) {
    throw new Error("neither iptables-save nor nft could be run");
  }
  // Tables of iptables-nft are nft's, too.
  const shown = new Set(saved.flatMap((one) => one?.shown ?? []));
  return { rules: [...rules, ...readRuleset(listed ?? "", shown)], failed };
}

interface Saved {
  readonly rules: readonly Rule[];
  /** The tables that nft lists as well: `ip raw`. */
  readonly shown: readonly string[];
}

/** Undefined when neither the tool nor a variant of it is there. A variant fails where the kernel has no such tables. */
async function savedBy(tool: (typeof TOOLS)[number], failed: string[]): Promise<Saved | undefined> {
  const [version, ...variants] = await Promise.all([
    run([], `${tool}-save`, "--version"),
    ...VARIANTS.map((variant) => run([], `${tool}-${variant}-save`, "-c")),
  ]);
  const usual = version?.includes("nf_tables") ? "nft" : "legacy";
  // An installation may have the one without a variant in its name alone.
  const own = variants[VARIANTS.indexOf(usual)] ?? (await run(failed, `${tool}-save`, "-c"));
  if (own === undefined && variants.every((text) => text === undefined)) return undefined;
  const all = VARIANTS.map((variant, at) =>
    variant === usual ? read(tool, own ?? "", variant) : read(`${tool}-${variant}`, variants[at] ?? "", variant),
  );
  return { rules: all.flatMap(({ rules }) => rules), shown: all.flatMap(({ shown }) => shown) };
}

function read(tool: string, text: string, variant: string): Saved {
  const family = tool.startsWith("eb") ? "bridge" : tool.startsWith("ip6") ? "ip6" : "ip";
  const tables = variant === "nft" ? [...text.matchAll(/^\*(\S+)$/gm)].map(([, table]) => `${family} ${table}`) : [];
  return { rules: readSaved(tool, text), shown: tables };
}

/** Undefined when it is not there, or fails. @param failed takes what it then says */
async function run(failed: string[], command: string, ...args: string[]): Promise<string | undefined> {
  return outputOf(command, args, TIMEOUT_MS).catch((error: CommandFailed) => {
    if (!error.isMissing) failed.push(error.message);
    return undefined;
  });
}
