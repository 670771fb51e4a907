/** What holds for every lab, however wrong its tables are. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FilterRule, NatRule, Netns, Route } from "../../../infra/packet/netns.ts";
import { trace } from "../../../infra/packet/trace.ts";
import { type Probe, walk } from "../../../infra/packet/walk.ts";
import * as lab from "./fixtures.ts";

const IDS = lab.routedLab().map(({ id }) => id);
const ADDRESSES = [
  ...lab
    .routedLab()
    .flatMap(({ interfaces }) => interfaces.flatMap((one) => one.addresses.map((cidr) => cidr.split("/")[0]!))),
  "192.168.30.77",
  "198.51.100.7",
];
const DEVICES = ["eth0", "cbr0", "internet-net", "host01-net", "host02-net"];

const address = fc.constantFrom(...ADDRESSES);
const prefix = fc.tuple(address, fc.constantFrom(0, 8, 16, 23, 24, 32)).map(([one, length]) => `${one}/${length}`);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const dense = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

const route: fc.Arbitrary<Route> = fc
  .record({
    destination: prefix,
    via: maybe(address),
    dev: maybe(fc.constantFrom(...DEVICES)),
    type: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      fc.constantFrom("blackhole", "unreachable", "prohibit"),
    ),
  })
  .map((one) => dense(one) as Route);
const match = fc
  .record({
    source: maybe(prefix),
    destination: maybe(prefix),
    protocol: maybe(fc.constantFrom("icmp", "tcp", "udp")),
    inInterface: maybe(fc.constantFrom(...DEVICES)),
  })
  .map((one) => dense(one) as FilterRule["match"]);
const filter: fc.Arbitrary<FilterRule> = fc.record({
  chain: fc.constantFrom("INPUT", "FORWARD", "OUTPUT"),
  match,
  action: fc.constantFrom("accept", "drop", "reject"),
  established: fc.boolean(),
});
const nat: fc.Arbitrary<NatRule> = fc.oneof(
  fc.record({
    chain: fc.constant("POSTROUTING" as const),
    match,
    action: fc.constantFrom({ kind: "masquerade" as const }, { kind: "accept" as const }),
  }),
  fc.record({
    chain: fc.constantFrom("PREROUTING" as const, "OUTPUT" as const),
    match,
    action: address.map((to) => ({ kind: "dnat" as const, to: [{ address: to, port: 8080 }] })),
  }),
);
const tables = fc.record({
  routes: fc.array(route, { maxLength: 4 }),
  nat: fc.array(nat, { maxLength: 3 }),
  filter: fc.array(filter, { maxLength: 2 }),
  forwarding: fc.boolean(),
});
/** The article's lab with any of its namespaces' tables replaced or added to. */
const labs: fc.Arbitrary<Netns[]> = fc
  .array(fc.tuple(fc.constantFrom(...IDS), tables, fc.boolean()), { maxLength: 4 })
  .map((changes) =>
    changes.reduce(
      (all, [id, more, keep]) =>
        lab.change(all, id, (one) => ({ ...more, routes: keep ? [...one.routes, ...more.routes] : more.routes })),
      lab.routedLab(),
    ),
  );
const probe: fc.Arbitrary<Probe> = fc.record({
  from: fc.constantFrom(...IDS),
  to: address,
  protocol: fc.constantFrom("icmp", "tcp", "udp"),
  port: fc.constantFrom(80, 8080, 81),
  size: fc.constantFrom(60, 1500, 1600),
  df: fc.boolean(),
});

describe("for any tables", () => {
  it("every walk ends, with an outcome that its parts bear out", () => {
    fc.assert(
      fc.property(labs, probe, (netns, asked) => {
        const result = walk(lab.network(netns), asked);
        expect(result.forward.length + result.reply.length).toBeLessThan(1_000);
        if (result.outcome === "ok") {
          expect(result.target).toBeDefined();
          expect(result.dropped).toBeUndefined();
          expect(result.reply.at(-1)).toMatchObject({ netns: asked.from, direction: "in" });
        } else {
          expect(result.dropped !== undefined || result.target !== undefined).toBe(true);
        }
        if (result.ttl !== undefined) expect(result.ttl).toBeLessThanOrEqual(64);
        for (const hop of result.forward) expect(hop.ttl).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it("the same question has the same answer", () => {
    fc.assert(
      fc.property(labs, probe, (netns, asked) => {
        const network = lab.network(netns);
        expect(walk(network, asked)).toEqual(walk(network, asked));
        expect(walk(lab.network(netns), asked)).toEqual(walk(network, asked));
      }),
      { numRuns: 300 },
    );
  });

  it("the order of routes to different prefixes does not matter", () => {
    const distinct = fc.uniqueArray(route, { selector: ({ destination }) => lab.subnetOf(destination), maxLength: 6 });
    fc.assert(
      fc.property(distinct, fc.constantFrom(...IDS), probe, (routes, id, asked) => {
        const withRoutes = (list: Route[]) => lab.network(lab.change(lab.routedLab(), id, () => ({ routes: list })));
        expect(walk(withRoutes(routes), asked)).toEqual(walk(withRoutes(routes.toReversed()), asked));
      }),
      { numRuns: 500 },
    );
  });

  it("a trace passes as many routers as the answer's TTL is short of 64, where both ways are alike", () => {
    fc.assert(
      fc.property(fc.constantFrom(...IDS), address, (from, to) => {
        const network = lab.network(lab.routedLab());
        const { outcome, ttl } = walk(network, { from, to, protocol: "icmp" });
        if (outcome === "ok") expect(trace(network, { from, to, protocol: "icmp" }).hops).toHaveLength(64 - ttl!);
      }),
    );
  });
});
