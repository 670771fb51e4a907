/** The firewall of the machine that a lab runs on: what its rules counted while probes were sent, and which of them a frame met. */
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { type Bridge, bridgesOf } from "./bridges.ts";
import { mends } from "./mend.ts";
import { type Effect, type Frame, type Hook, keyOf, metBy, type Rule, resolving } from "./rule.ts";
import { readTables, SHOWN_BY } from "./tables.ts";

/** A rule that decided about a frame of the lab. */
export interface Culprit {
  readonly rule: Rule;
  /** The same for rules that differ in addresses and interfaces alone. */
  readonly kind: string;
  /** `by iptables raw PREROUTING rule "-d 10.240.2.2/32 ! -i br-… -j DROP"`; whether it counts decides whether it is sure. */
  readonly words: string;
  readonly sure: boolean;
  /** What it counted, and what mends it. */
  readonly evidence: readonly string[];
}

/** What the machine's firewall did while probes were sent. */
export class MachineFirewall {
  readonly #lab: string;
  readonly #bridges: readonly Bridge[];
  /** Why it could not be looked at. */
  unseen: string | undefined;
  #failed: readonly string[] = [];
  #before: readonly Rule[] = [];
  #after: readonly Rule[] = [];

  private constructor(lab: string, bridges: readonly Bridge[], unseen?: string) {
    this.#lab = lab;
    this.#bridges = bridges;
    this.unseen = unseen;
  }

  /** Never rejects: what could not be looked at says so. */
  static of(plan: LabPlan): Promise<MachineFirewall> {
    return bridgesOf(plan).then(
      (bridges) => new MachineFirewall(plan.lab, bridges),
      (error: Error) => new MachineFirewall(plan.lab, [], error.message),
    );
  }

  /** As it would be with these tables; for tests. */
  static recorded(lab: string, bridges: readonly Bridge[], before: readonly Rule[], after: readonly Rule[]) {
    const recorded = new MachineFirewall(lab, bridges);
    [recorded.#before, recorded.#after] = [before, after];
    return recorded;
  }

  /** Reads the counters before probes are sent. */
  async begin(): Promise<void> {
    this.#before = await this.#read();
  }

  /** Reads them again. */
  async end(): Promise<void> {
    this.#after = await this.#read();
  }

  async #read(): Promise<readonly Rule[]> {
    if (this.unseen !== undefined) return [];
    try {
      const { rules, failed } = await readTables();
      this.#failed = failed;
      return rules;
    } catch (error) {
      this.unseen = (error as Error).message;
      return [];
    }
  }

  /** The rule that did this to a frame on a segment while probes were sent; the ones that count come first. */
  culprit(link: string, header: Frame, effects: readonly Effect[]): Culprit | undefined {
    const bridge = this.#bridges.find(({ segment }) => segment === link);
    if (!bridge) return undefined;
    const met = this.#metOn(bridge, header).filter(({ rule }) => rule.effect && effects.includes(rule.effect));
    const counted = met.find(({ rule }) => this.#counted(rule) > 0);
    const silent = met.filter(({ rule }) => rule.packets === undefined);
    // What ends all that came so far is likelier than what ends some of it.
    const found = counted ?? silent.find(({ rule }) => rule.number === 0) ?? silent.at(-1);
    return found && this.#told(found.rule, found.hook, bridge);
  }

  /** Whether a frame on that link, or one that asks for its neighbour, meets a rule of that kind. */
  meets(link: string, header: Frame, kind: string): boolean {
    const bridge = this.#bridges.find(({ segment }) => segment === link);
    const headers = [header, ...resolving(header.source, header.destination)];
    return !!bridge && headers.flatMap((one) => this.#metOn(bridge, one)).some(({ rule }) => kindOf(rule) === kind);
  }

  /** What is known where no rule is to blame. */
  innocence(): string[] {
    if (this.unseen !== undefined) {
      return [`the machine's firewall was not looked at (${this.unseen}); as root where the engine runs: ${SHOWN_BY}`];
    }
    const calls = this.#bridges.some((bridge) => bridge.segment !== undefined && (bridge.calls[4] || bridge.calls[6]));
    const [tools, others] = calls
      ? ["iptables, ip6tables, ebtables or nft", ""]
      : ["ebtables or nft's family bridge", "; frames pass no others (net.bridge.bridge-nf-call-iptables is not 1)"];
    const unread = this.#failed.map((said) => `the machine: not all of its rules were seen (${said})`);
    return [
      `the machine: no rule of ${tools} that may end it counted a packet of the repeated probes${others}`,
      ...unread,
    ];
  }

  #metOn({ name, calls }: Bridge, header: Frame) {
    const passes = header.protocol !== "arp" && calls[header.destination.includes(":") ? 6 : 4];
    const rules = passes ? this.#after : this.#after.filter(({ family }) => family === "bridge");
    return metBy(rules, { ...header, in: name, out: name });
  }

  #counted(rule: Rule): number {
    return (rule.packets ?? 0) - (this.#earlier(rule)?.packets ?? 0);
  }

  #earlier(rule: Rule): Rule | undefined {
    return this.#before.find((one) => keyOf(one) === keyOf(rule));
  }

  #told(rule: Rule, hook: Hook, bridge: Bridge): Culprit {
    const { tool, table, chain, number, text, packets } = rule;
    const where = `${tool} ${table} ${chain}`;
    const count = this.#counted(rule);
    const said =
      packets === undefined
        ? "counts nothing"
        : `counted ${count} packet${count === 1 ? "" : "s"} of the repeated probes (${packets - count} -> ${packets})`;
    return {
      rule,
      kind: kindOf(rule),
      words: number === 0 ? `by its ${where} ${text}` : `by its ${where} rule "${text}"`,
      sure: packets !== undefined,
      evidence: [
        `the machine: ${where} ${number === 0 ? "policy" : `#${number}`} "${text}" ${said}`,
        ...mends(this.#lab, rule, hook, this.#bridges, bridge),
      ],
    };
  }
}

/** Docker has a rule of the same kind for each container, or each network. */
function kindOf({ tool, table, chain, number, text }: Rule): string {
  const shape = text.replace(/(-[sdio]|[sd]addr|[io]ifname)( !=)? (\{[^}]*\}|\S+)/g, "$1$2 …");
  return `${tool} ${table} ${chain} ${number === 0 ? "policy" : shape}`;
}
