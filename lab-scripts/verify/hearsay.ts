/**
 * A router without a route tells each sender of five lost packets at once, then of one a second. The limit (ip_error in
 * the kernel's net/ipv4/route.c; route/error_burst and error_cost, which no container can set) counts all of a sender's
 * packets together. So of many probes that meet the same missing route, most hear nothing.
 * What one of them was told of an address therefore holds for the silence of the others to that address.
 */
import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import type { ProbeResult } from "./prober.ts";
import { RATIONED } from "./rationed.ts";

/**
 * Silence becomes the no-route (or prohibited) that another probe of the same source was told of the same address, and says so.
 * Where silence was expected it stays: there it may be a filter's.
 */
export function withHearsay(
  expectations: readonly Expectation[],
  results: ReadonlyMap<number, ProbeResult>,
): Map<number, ProbeResult> {
  const told = Map.groupBy(
    [...results].filter(([, { outcome, icmpFrom }]) => RATIONED.has(outcome) && icmpFrom !== undefined),
    ([number]) => keyOf(expectations[number]!),
  );
  if (told.size === 0) return new Map(results);
  const heard = [...results].map(([number, result]): [number, ProbeResult] => {
    const expectation = expectations[number]!;
    const other = fitting(expectation, told.get(keyOf(expectation))?.map(([, one]) => one) ?? []);
    const silent = result.outcome === "timeout" && !result.detail?.startsWith("connected");
    return other && silent && !mayBeSilent(expectation) ? [number, retold(result, other)] : [number, result];
  });
  return new Map(heard);
}

const mayBeSilent = (expectation: Expectation): boolean =>
  resultsExpected(expectation).some(({ outcome }) => outcome === "timeout");

/** Packets of another kind may go elsewhere (NAT by protocol): what somebody else said of them is another matter. */
function fitting({ expected }: Expectation, told: readonly ProbeResult[]): ProbeResult | undefined {
  return told.find(({ icmpFrom }) => expected.icmpFrom === undefined || icmpFrom === expected.icmpFrom);
}

function keyOf({ from, address }: Expectation): string {
  return `${from} ${address}`;
}

function retold(silent: ProbeResult, { outcome, icmpFrom, ttl }: ProbeResult): ProbeResult {
  const detail = `silence; of another probe to this address ${icmpFrom} said ${outcome}`;
  return { ...silent, outcome, icmpFrom: icmpFrom!, ...(ttl === undefined ? {} : { ttl }), detail };
}
