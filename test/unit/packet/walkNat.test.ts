/** Addresses that change on the way, and change back. */
import { describe, expect, it } from "vitest";
import { describeStep } from "../../../infra/packet/describe.ts";
import type { NatRule, Netns } from "../../../infra/packet/netns.ts";
import { trace } from "../../../infra/packet/trace.ts";
import { type Probe, type Walk, walk } from "../../../infra/packet/walk.ts";
import * as lab from "./fixtures.ts";

const WEB20 = "192.168.20.2";
const WEB30 = "192.168.30.2";
const INTERNET = "203.0.113.10";
/** A service's address: no interface has it. */
const SERVICE = "10.96.0.10";

const ask = (netns: readonly Netns[], probe: Partial<Probe> & Pick<Probe, "to">): Walk =>
  walk(lab.network(netns), { from: "host01/web", protocol: "tcp", port: 8080, ...probe });

const dnat = (chain: "PREROUTING" | "OUTPUT", ...addresses: string[]): NatRule => ({
  chain,
  match: { destination: SERVICE, protocol: "tcp", port: 80 },
  action: { kind: "dnat", to: addresses.map((address) => ({ address, port: 8080 })) },
});

describe("masquerade", () => {
  const routed = lab.routedLab();

  it("host and router both hide the pod from the internet, and both undo it for the answer", () => {
    const { forward, reply } = ask(routed, { to: INTERNET, port: 80 });
    const changes = (hops: typeof forward) =>
      hops.flatMap((hop) =>
        hop.did.filter(({ kind }) => kind === "nat").map((step) => `${hop.netns}: ${describeStep(step)}`),
      );
    expect(changes(forward)).toEqual([
      "host01: source 192.168.20.2 -> 10.240.1.2, by host01 nat POSTROUTING #4 (-s 192.168.20.0/24 -j MASQUERADE)",
      "router: source 10.240.1.2 -> 203.0.113.1, by router nat POSTROUTING #1 (-o internet-net -j MASQUERADE)",
    ]);
    expect(changes(reply)).toEqual([
      expect.stringMatching(/^router: destination 203\.0\.113\.1 port \d+ -> 10\.240\.1\.2 port \d+, undoing/),
      expect.stringMatching(/^host01: destination 10\.240\.1\.2 port \d+ -> 192\.168\.20\.2 port \d+, undoing/),
    ]);
  });

  it.each([
    ["all private ranges exempt", lab.PRIVATE, WEB20],
    ["the pods' range exempt", ["192.168.0.0/16"], WEB20],
    ["only the host's own pods exempt", ["192.168.20.0/24"], "10.240.1.2"],
    ["nothing exempt", [], "10.240.1.2"],
  ])("%s: a pod of the other host sees %3$s", (_, exempt, seen) => {
    const netns = lab.withNat(routed, "host01", ...lab.masquerade("192.168.20.0/24", exempt));
    expect(ask(netns, { to: WEB30 })).toMatchObject({ outcome: "ok", sourceSeen: seen, ttl: 61 });
  });

  it("takes the outgoing interface's address that is in the next hop's subnet", () => {
    const two = lab.withInterface(routed, "router", "internet-net", (one) => ({
      ...one,
      addresses: ["198.51.100.1/24", ...one.addresses],
    }));
    expect(ask(two, { to: INTERNET, port: 80 })).toMatchObject({ sourceSeen: "203.0.113.1" });
  });

  it("SNAT gives the address it is told", () => {
    const netns = lab.withNat(routed, "router", {
      chain: "POSTROUTING",
      match: { outInterface: "internet-net" },
      action: { kind: "snat", to: "203.0.113.77" },
    });
    expect(ask(netns, { to: INTERNET, port: 80 })).toMatchObject({
      outcome: "timeout",
      sourceSeen: "203.0.113.77",
      dropped: { netns: "internet", leg: "reply", why: { kind: "no-neighbour", address: "203.0.113.77" } },
    });
  });

  it("errors about a masqueraded packet find the pod: the neighbour that failed after NAT", () => {
    expect(ask(routed, { to: "203.0.113.99", port: 80 })).toMatchObject({
      outcome: "no-route",
      icmpFrom: "203.0.113.1",
      ttl: 63,
    });
  });

  it("routers beyond a masquerade show in a trace with their own addresses", () => {
    const hidden = lab.withNat(routed, "host01", ...lab.masquerade("192.168.20.0/24", []));
    expect(trace(lab.network(hidden), { from: "host01/web", to: WEB30, protocol: "icmp" }).hops).toEqual([
      "192.168.20.1",
      "10.240.1.1",
      "10.240.2.2",
    ]);
  });
});

describe("NAT on the answer's way only", () => {
  const replyOnly = lab.withNat(answersByGateway(), "gateway", {
    chain: "POSTROUTING",
    match: {},
    action: { kind: "masquerade" },
  });

  // Seen on Linux 6.18: the stray SYN-ACK and echo reply are INVALID to conntrack and pass; the data after the SYN-ACK
  // and every UDP datagram begin a connection of their own there, and get the NAT of one.
  it.each([
    ["icmp", { protocol: "icmp" }, "ok"],
    ["tcp", { protocol: "tcp", port: 8080 }, "timeout"],
    ["tcp to a closed port", { protocol: "tcp", port: 81 }, "refused"],
    ["udp", { protocol: "udp", port: 53 }, "timeout"],
    ["udp to a closed port", { protocol: "udp", port: 54 }, "refused"],
  ] as const)("%s", (_, probe, outcome) => {
    expect(ask(replyOnly, { to: WEB30, ...probe }).outcome).toBe(outcome);
  });

  it("a filter for known connections lets none of the answers through that it saw no question of", () => {
    const strict = lab.change(replyOnly, "gateway", () => ({
      nat: [],
      filter: [
        { chain: "FORWARD", match: {}, action: "accept", established: true },
        { chain: "FORWARD", match: {}, action: "drop" },
      ],
    }));
    for (const probe of [{ protocol: "icmp" }, { protocol: "tcp" }, { protocol: "udp", port: 53 }] as const) {
      expect(ask(strict, { to: WEB30, ...probe })).toMatchObject({
        outcome: "timeout",
        dropped: { leg: "reply", netns: "gateway" },
      });
    }
  });
});

/** host02's answers to host01 leave through a gateway that no question passes. */
function answersByGateway(): Netns[] {
  const udp = { protocol: "udp", port: 53, identity: "host02/web:dns" } as const;
  let all = lab.change(lab.routedLab(), "host02/web", ({ listeners }) => ({ listeners: [...listeners, udp] }));
  all = lab.change(all, "host01", ({ interfaces }) => ({
    interfaces: [...interfaces, lab.ethernet("eth1", "10.251.0.1/24", "in-net")],
  }));
  all = lab.change(all, "host02", ({ interfaces, routes }) => ({
    interfaces: [...interfaces, lab.ethernet("eth1", "10.250.0.2/24", "out-net")],
    routes: [...routes, { destination: "192.168.20.0/24", via: "10.250.0.1", dev: "eth1" }],
  }));
  const gateway = lab.netns("gateway", "router", {
    interfaces: [lab.ethernet("out", "10.250.0.1/24", "out-net"), lab.ethernet("in", "10.251.0.2/24", "in-net")],
    routes: [{ destination: "192.168.20.0/24", via: "10.251.0.1", dev: "in" }],
    forwarding: true,
  });
  return [...all, gateway];
}

describe("a service's address (DNAT)", () => {
  const serviced = (id: string, ...rules: NatRule[]) =>
    lab.change(lab.routedLab(), id, ({ nat }) => ({ nat: [...rules, ...nat] }));

  it("leads to an endpoint on the other host, whose answers come from the service", () => {
    const result = ask(serviced("host01", dnat("PREROUTING", WEB30)), { to: SERVICE, port: 80 });
    expect(result).toMatchObject({ outcome: "ok", identity: "host02/web:app", sourceSeen: WEB20, ttl: 61 });
    expect(result.forward.at(-1)).toMatchObject({ destination: WEB30, destinationPort: 8080 });
    expect(result.reply.at(-1)).toMatchObject({ source: SERVICE, sourcePort: 80 });
  });

  it("spreads over endpoints; the walk takes the one it is told to", () => {
    const netns = serviced("host01", dnat("PREROUTING", WEB30, "192.168.30.3"));
    expect([0, 1, 2].map((pick) => ask(netns, { to: SERVICE, port: 80, pick }).identity)).toEqual([
      "host02/web:app",
      "host02/db:app",
      "host02/web:app",
    ]);
  });

  it("an endpoint on the sender's own bridge answers past the host, from an address nobody asked", () => {
    const result = ask(serviced("host01", dnat("PREROUTING", "192.168.20.3")), { to: SERVICE, port: 80 });
    expect(result).toMatchObject({ outcome: "timeout", target: "host01/db", sourceSeen: WEB20 });
    expect(result.dropped).toMatchObject({
      leg: "reply",
      where: "socket",
      why: { kind: "unexpected-answer", source: "192.168.20.3" },
    });
  });

  it("… unless the host masquerades, so that the answer comes by it", () => {
    const hidden = lab.withNat(
      lab.routedLab(),
      "host01",
      dnat("PREROUTING", "192.168.20.3"),
      ...lab.masquerade("192.168.20.0/24", []),
    );
    expect(ask(hidden, { to: SERVICE, port: 80 })).toMatchObject({
      outcome: "ok",
      sourceSeen: "192.168.20.1",
      ttl: 63,
    });
  });

  it("hairpin: a pod that is its own endpoint sees a packet from itself and drops it, unless masqueraded", () => {
    const hairpin = dnat("PREROUTING", WEB20);
    expect(ask(serviced("host01", hairpin), { to: SERVICE, port: 80 })).toMatchObject({
      outcome: "timeout",
      dropped: { netns: "host01/web", why: { kind: "martian-source" } },
    });
    const hidden = lab.withNat(lab.routedLab(), "host01", hairpin, ...lab.masquerade("192.168.20.0/24", []));
    expect(ask(hidden, { to: SERVICE, port: 80 })).toMatchObject({
      outcome: "ok",
      identity: "host01/web:app",
      sourceSeen: "192.168.20.1",
    });
  });

  it("a host's own questions need the rule in OUTPUT; the source stays the one chosen for the service", () => {
    expect(ask(serviced("host01", dnat("PREROUTING", WEB20)), { from: "host01", to: SERVICE, port: 80 }).outcome).toBe(
      "no-route",
    );
    expect(ask(serviced("host01", dnat("OUTPUT", WEB20)), { from: "host01", to: SERVICE, port: 80 })).toMatchObject({
      outcome: "ok",
      identity: "host01/web:app",
      sourceSeen: "10.240.1.2",
    });
  });

  it("OUTPUT leads back to the namespace itself as well", () => {
    const self = lab.withNat(lab.routedLab(), "host01/web", dnat("OUTPUT", WEB20));
    expect(ask(self, { to: SERVICE, port: 80 })).toMatchObject({ outcome: "ok", identity: "host01/web:app" });
  });

  it("errors from behind the service seem to come from it, those of the host that translates included", () => {
    const icmpToo: NatRule = {
      chain: "PREROUTING",
      match: { destination: SERVICE },
      action: { kind: "dnat", to: [{ address: WEB30, port: 0 }] },
    };
    const netns = serviced("host01", icmpToo);
    const hop = (ttl: number) => ask(netns, { to: SERVICE, protocol: "icmp", ttl }).icmpFrom;
    expect([1, 2, 3].map(hop)).toEqual([SERVICE, SERVICE, SERVICE]);
    const cut = lab.withoutRoute(netns, "host01", "0.0.0.0/0");
    expect(ask(cut, { to: SERVICE, protocol: "icmp" })).toMatchObject({ outcome: "no-route", icmpFrom: SERVICE });
  });
});

it("DNAT to the address that was asked anyway is none: errors from behind keep their own source", () => {
  const rule: NatRule = {
    chain: "OUTPUT",
    match: {},
    action: { kind: "dnat", to: [{ address: "192.168.30.77", port: 0 }] },
  };
  const netns = lab.withNat(lab.routedLab(), "host01/web", rule);
  expect(ask(netns, { to: "192.168.30.77", protocol: "icmp" })).toMatchObject({
    outcome: "no-route",
    icmpFrom: "10.240.2.2",
  });
});

describe("a host whose rules see what its bridge passes (bridge-nf-call-iptables)", () => {
  const ruled = (...nat: NatRule[]) => lab.change(lab.routedLab(), "host01", () => ({ bridgeNetfilter: true, nat }));
  const db = "192.168.20.3";

  it("masquerades between its own pods, which no router is between", () => {
    const all = lab.masquerade("192.168.20.0/24", []);
    expect(ask(ruled(...all), { to: db })).toMatchObject({ outcome: "ok", sourceSeen: "192.168.20.1", ttl: 64 });
    expect(ask(lab.withNat(lab.routedLab(), "host01", ...all), { to: db })).toMatchObject({
      sourceSeen: WEB20,
      ttl: 64,
    });
  });

  it("filters between its own pods, and its bridge's address says so", () => {
    const closed = (action: "drop" | "reject") =>
      lab.change(ruled(), "host01", () => ({
        filter: [{ chain: "FORWARD", match: { outInterface: "cbr0" }, action }],
      }));
    expect(ask(closed("drop"), { to: db }).outcome).toBe("timeout");
    expect(ask(closed("reject"), { to: db })).toMatchObject({ outcome: "refused", icmpFrom: "192.168.20.1" });
  });

  it("a service's endpoint on the sender's bridge is heard: its answer passes the rules, too", () => {
    expect(ask(ruled(dnat("PREROUTING", db)), { to: SERVICE, port: 80 })).toMatchObject({
      outcome: "ok",
      identity: "host01/db:app",
      sourceSeen: WEB20,
      ttl: 64,
    });
  });

  it("but a pod that is its own endpoint is not: a bridge sends nothing back by the same port", () => {
    const hidden = ruled(dnat("PREROUTING", WEB20), ...lab.masquerade("192.168.20.0/24", []));
    expect(ask(hidden, { to: SERVICE, port: 80 })).toMatchObject({
      outcome: "timeout",
      dropped: { why: { kind: "same-port" } },
    });
  });

  it("changes nothing between hosts", () => {
    expect(ask(ruled(...lab.masquerade("192.168.20.0/24")), { to: WEB30 })).toMatchObject({
      outcome: "ok",
      ttl: 61,
      sourceSeen: WEB20,
    });
    expect(ask(ruled(...lab.masquerade("192.168.20.0/24")), { to: INTERNET, port: 80 })).toMatchObject({
      outcome: "ok",
      sourceSeen: "203.0.113.1",
    });
  });
});
