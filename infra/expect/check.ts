/** One thing that must be true of a running lab, and what was seen of it. The types that model and verification share. */
import type { Outcome } from "../spec/outcome.ts";

/**
 * - `icmp`: an echo request; `tcp`: connect, ask and read the answer; `tcp-closed`: connect to a port nobody serves;
 *   `udp`, `udp-closed`: the same over UDP.
 * - `path`: the routers a packet passes, as addresses that answer with ICMP time exceeded.
 * - `mtu`: the largest packet with DF set that arrives whole.
 * - `spread`: many TCP connections to a service, counted by who answered.
 * - `fact`: something read off a container rather than probed, such as a NetworkMode.
 */
export type CheckKind = "icmp" | "tcp" | "tcp-closed" | "udp" | "udp-closed" | "path" | "mtu" | "spread" | "fact";

/** What the sender and the target see of one probe. A field that is absent is not compared. */
export interface Result {
  readonly outcome: Outcome;
  /** The client's address as the target saw it: what NAT left of it. */
  readonly sourceSeen?: string;
  /** TTL (IPv6: hop limit) of the answer when it reached the sender; 64 less a hop each. */
  readonly ttl?: number;
  /** Who answered, by its own word: `host01/web:app`. */
  readonly identity?: string;
  /** The node that sent the ICMP error behind the outcome. */
  readonly icmpFrom?: string;
  /** Addresses of the routers passed, in order, without the target. */
  readonly hops?: readonly string[];
  /** For `mtu`: bytes of the largest whole packet. */
  readonly mtu?: number;
  /**
   * For `spread`: by who answered (or `refused`), the connections that were counted; of what is expected the share of each,
   * all of them together 1.
   */
  readonly spread?: Readonly<Record<string, number>>;
  /** For `fact`: the value. */
  readonly value?: string;
}

/** What is expected may be computed only when it is asked for: `expected` and `or` are not copied by `{...expectation}`. */
export interface Expectation {
  /** `icmp host01/web -> host02/web`, unique and stable from run to run. */
  readonly id: string;
  readonly kind: CheckKind;
  /** The namespace the probe starts in. */
  readonly from: string;
  /** The target's name: a pod, a node, a service, or `host01:cbr0` for a bridge address. */
  readonly to: string;
  readonly address: string;
  /** Present where the address is IPv6. */
  readonly family?: 6;
  readonly port?: number;
  readonly expected: Result;
  /** Where chance decides (which of a service's endpoints is asked): what may be seen as well. */
  readonly or?: readonly Result[] | undefined;
  /** `model` when computed, `config` when the user wrote it, `article` for the facts about pods. */
  readonly origin: "model" | "config" | "article";
}

/** Everything that fulfils an expectation. */
export function resultsExpected({ expected, or }: Pick<Expectation, "expected" | "or">): readonly Result[] {
  return or === undefined ? [expected] : [expected, ...or];
}

export type Verdict = "pass" | "fail" | "error";

/** What was seen, and how. */
export interface Observed extends Result {
  readonly detail?: string;
  readonly rttMs?: number;
  /** How many times the question was sent, where the first did not do: packets get lost. */
  readonly asked?: number;
}

export interface CheckResult {
  readonly expectation: Expectation;
  readonly observed: Observed;
  readonly verdict: Verdict;
  /** One line a learner understands; empty for a pass. */
  readonly reason: string;
}
