/**
 * Controls: silence proves nothing when the source could not have been heard anyway. So an expected failure counts
 * only once another probe from the same source was answered.
 */

import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import type { Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { bare, isIPv6 } from "../../infra/spec/address.ts";

export interface Control {
  readonly id: string;
  readonly expectation: Expectation;
}

/** Where probes start, and in which family: an answer by IPv4 says nothing of IPv6. */
export const sourceOf = ({ from, family }: Expectation): string => `${from} ${family ?? 4}`;

/** Whether it proves that its source is heard. */
export const isControl = (one: Expectation): boolean =>
  (one.kind === "icmp" || one.kind === "tcp") && resultsExpected(one).every(({ outcome }) => outcome === "ok");

/**
 * The controls for the source of some expectations: those of them that should be answered; without one, another
 * expectation of the source, added to the job; without that either, an echo to its gateway.
 */
export function controlsOf(
  expectations: readonly Expectation[],
  numbers: readonly number[],
  gateway: string | undefined,
): Control[] {
  const own = numbers.filter((number) => isControl(expectations[number]!));
  if (own.length > 0) return own.map((number) => ({ id: String(number), expectation: expectations[number]! }));
  const [held] = numbers.map((number) => expectations[number]!);
  const other = expectations.find((one) => sourceOf(one) === sourceOf(held!) && isControl(one));
  if (other) return [{ id: `control: ${other.id}`, expectation: other }];
  return gateway === undefined ? [] : [echoTo(held!.from, gateway)];
}

function echoTo(from: string, address: string): Control {
  const id = `icmp ${from} -> ${address}`;
  const expected = { outcome: "ok" } as const;
  return {
    id: `control: ${id}`,
    expectation: { id, kind: "icmp", from, to: address, address, expected, origin: "model" },
  };
}

/** The next hop of the default route; without one, any neighbour on a link of the namespace. */
export function gatewayOf(plan: LabPlan, netns: Netns, family: Expectation["family"]): string | undefined {
  const everywhere = family === 6 ? "::/0" : "0.0.0.0/0";
  const route = netns.routes.find(({ destination, via }) => via && destination === everywhere);
  if (route) return route.via;
  const links = new Set(netns.interfaces.map(({ link }) => link));
  const neighbour = plan.netns
    .filter(({ id }) => id !== netns.id)
    .flatMap(({ interfaces }) => interfaces)
    .filter(({ link }) => links.has(link))
    .flatMap(({ addresses }) => addresses)
    .find((cidr) => isIPv6(cidr) === (family === 6));
  return neighbour && bare(neighbour);
}
