/**
 * What can become of one probe, seen from its sender. A `probe-error` is no outcome of a packet: the probe itself
 * could not run, so it proves nothing and satisfies no expectation, least of all an expected failure.
 */
export const OUTCOMES = [
  "ok", // the target answered
  "timeout", // silence: dropped on the way there or back
  "refused", // the target's own stack said no: TCP RST, or ICMP port unreachable
  "no-route", // a node on the way, or the sender itself, had no route or no neighbour (ICMP net/host unreachable)
  "prohibited", // a filter on the way said no (ICMP administratively prohibited)
  "ttl-exceeded", // the packet ran out of hops (ICMP time exceeded)
  "fragmentation-needed", // too large for a link and not to be split (ICMP type 3 code 4; RFC 1191)
  "dns", // the target's name could not be resolved
  "probe-error", // the probe could not run
] as const;

export type Outcome = (typeof OUTCOMES)[number];
