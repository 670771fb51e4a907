/**
 * Controls: silence proves nothing when the source could not have been heard anyway. So an expected failure counts
 * only once another probe from the same source was answered.
 */

import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import type { Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { isIPv6 } from "../../infra/spec/address.ts";

export interface Control {
  readonly id: string;
  readonly expectation: Expectation;
}

const ANSWERED = new Set(["icmp", "tcp"]);

/** Where probes start, and in which family: an answer by IPv4 says nothing of IPv6. */
export type ControlledSource = Pick<Expectation, "from"> & { readonly family: Expectation["family"] | undefined };

/**
 * The controls for a source: those of its own probes that should be answered; without one among `numbers`, another
 * expectation of the source, added to the job; without that either, an echo to its gateway.
 */
export function controlsOf(
  expectations: readonly Expectation[],
  { from, family }: ControlledSource,
  numbers: readonly number[],
  gateway: string | undefined,
): Control[] {
  const serves = (expectation: Expectation) =>
    ANSWERED.has(expectation.kind) &&
    expectation.family === family &&
    resultsExpected(expectation).every(({ outcome }) => outcome === "ok");
  const own = numbers.filter((number) => serves(expectations[number]!));
  if (own.length > 0) return own.map((number) => ({ id: String(number), expectation: expectations[number]! }));
  const other = expectations.find((expectation) => expectation.from === from && serves(expectation));
  if (other) return [{ id: `control: ${other.id}`, expectation: other }];
  return gateway === undefined ? [] : [echoTo(from, gateway)];
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
  return neighbour?.split("/")[0];
}
