/** A failed probe's packet, to be sent again while it is captured, and its path by the model. */
import { randomInt } from "node:crypto";
import type { CheckResult } from "../../infra/expect/check.ts";
import { probeOf as packetOf } from "../../infra/expect/result.ts";
import type { Network } from "../../infra/packet/network.ts";
import { DEFAULT_SIZE, type Protocol } from "../../infra/packet/packet.ts";
import { type Probe, type Walk, walks } from "../../infra/packet/walk.ts";

export interface Shot {
  readonly shot: number;
  readonly from: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port?: number | undefined;
  readonly size: number;
  readonly df?: boolean | undefined;
  readonly ttl?: number | undefined;
  /** In the payload of an echo or datagram. */
  readonly mark: string;
  /** What a TCP connection's sequence numbers begin with. */
  readonly isn: number;
  /** The client's port; an echo's identifier. */
  readonly sourcePort: number;
}

/** A failed check that is tried again. */
export interface Trial {
  readonly check: CheckResult;
  readonly shots: readonly Shot[];
  readonly walk: Walk;
  /** Where chance may send it (a service's endpoints): each of the paths it may take. */
  readonly walks?: readonly Walk[];
}

/** Of each probe, so that what loses only some packets is caught as well. */
const SHOTS_EACH = 3;

export function trialsOf(network: Network, checks: readonly CheckResult[]): Trial[] {
  const shoot = shooter();
  return checks.map((check) => {
    const probe = probeOf(check);
    const shots = Array.from({ length: SHOTS_EACH }, () => shoot(probe));
    const [first, ...others] = walks(network, probe);
    return { check, shots, walk: first!, walks: [first!, ...others] };
  });
}

/** Makes packets of probes, each with marks of its own. */
export function shooter(): (probe: Probe) => Shot {
  const run = randomInt(0x10000000, 0xffffffff).toString(16);
  const firstPort = randomInt(20_000, 30_000);
  let next = 0;
  return ({ from, to, protocol, port, ttl, df, size = DEFAULT_SIZE[protocol] }) => {
    const shot = next++;
    return {
      shot,
      from,
      protocol,
      address: to,
      port,
      size,
      df,
      ttl,
      mark: `podlab ${run} ${String(shot).padStart(3, "0")}`,
      isn: randomInt(0, 0xffffffff),
      sourcePort: firstPort + shot,
    };
  };
}

/** The packet that stands for a check: of a search for sizes the one that should pass, of a path the first hop that is not as expected. */
export function probeOf({ expectation, observed }: Pick<CheckResult, "expectation" | "observed">): Probe {
  const { kind, expected } = expectation;
  const probe = packetOf(expectation);
  if (kind === "mtu" && expected.mtu !== undefined) return { ...probe, size: expected.mtu, df: true };
  if (kind === "path" && observed.outcome === "ok" && expected.hops !== undefined) {
    const at = expected.hops.findIndex((hop, index) => hop !== observed.hops?.[index]);
    return at < 0 ? probe : { ...probe, ttl: at + 1 };
  }
  return probe;
}
