/** Where packets end, and what their sender hears of it. The facts behind the rows were tried with real packets. */
import { describe, expect, it } from "vitest";
import { describeHop, describeLoss } from "../../../infra/packet/describe.ts";
import type { FilterRule, Netns } from "../../../infra/packet/netns.ts";
import { trace } from "../../../infra/packet/trace.ts";
import { type Probe, type Walk, walk } from "../../../infra/packet/walk.ts";
import * as lab from "./fixtures.ts";

const WEB20 = "192.168.20.2";
const WEB30 = "192.168.30.2";
const INTERNET = "203.0.113.10";
const NOWHERE = "198.51.100.7";

const icmp = (to: string, more: Partial<Probe> = {}): Probe => ({ from: "host01/web", to, protocol: "icmp", ...more });
const tcp = (to: string, port = 8080, more: Partial<Probe> = {}): Probe => ({
  ...icmp(to),
  protocol: "tcp",
  port,
  ...more,
});
const udp = (to: string, port: number): Probe => ({ ...icmp(to), protocol: "udp", port });
const ask = (netns: readonly Netns[], probe: Probe): Walk => walk(lab.network(netns), probe);

const rule = (
  chain: FilterRule["chain"],
  action: FilterRule["action"],
  match: FilterRule["match"] = {},
): FilterRule => ({
  chain,
  action,
  match,
});

describe("the article's lab", () => {
  const routed = lab.routedLab();

  it.each([
    ["on the same host", tcp("192.168.20.3"), { ttl: 64, sourceSeen: WEB20, identity: "host01/db:app" }],
    ["on the other host", tcp(WEB30), { ttl: 61, sourceSeen: WEB20, identity: "host02/web:app" }],
    ["another port, another container", tcp(WEB30, 9090), { identity: "host02/web:sidecar" }],
    ["itself", tcp(WEB20), { ttl: 64, sourceSeen: WEB20, identity: "host01/web:app" }],
    [
      "the internet, which sees the router",
      tcp(INTERNET, 80),
      { ttl: 62, sourceSeen: "203.0.113.1", identity: "internet" },
    ],
    ["its own host, on either interface", icmp("10.240.1.2"), { ttl: 64, target: "host01" }],
    ["its gateway", icmp("192.168.20.1"), { ttl: 64, target: "host01" }],
    ["the other host", icmp("10.240.2.2"), { ttl: 62, target: "host02" }],
    ["the other host's bridge", icmp("192.168.30.1"), { ttl: 62, target: "host02" }],
    ["the router, on its far side", icmp("10.240.2.1"), { ttl: 63, target: "router" }],
    [
      "from a host, by the address of the interface it leaves",
      tcp(WEB30, 8080, { from: "host01" }),
      { ttl: 62, sourceSeen: "10.240.1.2" },
    ],
    ["from a host to its own pod", tcp(WEB20, 8080, { from: "host01" }), { ttl: 64, sourceSeen: "192.168.20.1" }],
    [
      "from a host's own far address to itself",
      icmp("192.168.20.1", { from: "host01" }),
      { ttl: 64, sourceSeen: "192.168.20.1" },
    ],
  ])("a pod reaches %s", (_, probe, seen) => {
    expect(ask(routed, probe)).toMatchObject({ outcome: "ok", ...seen });
  });

  it("refuses a port nobody serves: TCP by RST, UDP by ICMP from the target", () => {
    expect(ask(routed, tcp(WEB30, 81))).toMatchObject({ outcome: "refused", ttl: 61, target: "host02/web" });
    expect(ask(routed, tcp(WEB30, 81)).icmpFrom).toBeUndefined();
    expect(ask(routed, udp(WEB30, 81))).toMatchObject({ outcome: "refused", ttl: 61, icmpFrom: WEB30 });
  });

  it("passes the interfaces in the article's order, with TTL 64, 63, 62, 61 and the address unchanged", () => {
    const { forward } = ask(routed, icmp(WEB30));
    expect(forward.map((hop) => `${hop.netns} ${hop.interface} ${hop.direction} ${hop.ttl}`)).toEqual([
      "host01/web eth0 out 64",
      "host01 cbr0 in 64",
      "host01 eth0 out 63",
      "router host01-net in 63",
      "router host02-net out 62",
      "host02 eth0 in 62",
      "host02 cbr0 out 61",
      "host02/web eth0 in 61",
    ]);
    expect(new Set(forward.map(({ source }) => source))).toEqual(new Set([WEB20]));
  });

  it("tells at each hop what was done, with the rule and the route", () => {
    const { forward } = ask(routed, icmp(WEB30));
    expect(describeHop(forward[2]!)).toBe(
      "host01 eth0 ->  192.168.20.2 > 192.168.30.2 ttl 63  forwarded by route default via 10.240.1.1 dev eth0; " +
        "kept its address by host01 nat POSTROUTING #3 (-s 192.168.20.0/24 -d 192.168.0.0/16 -j RETURN)",
    );
  });

  it("traces the routers by the address they have towards the sender", () => {
    expect(trace(lab.network(routed), icmp(WEB30))).toEqual({
      hops: ["192.168.20.1", "10.240.1.1", "10.240.2.2"],
      nodes: ["host01", "router", "host02"],
      outcome: "ok",
    });
  });
});

describe("where a question ends", () => {
  const routed = lab.routedLab();
  const router = (type: "blackhole" | "unreachable" | "prohibit") =>
    lab.change(routed, "router", () => ({
      routes: [
        { destination: "192.168.30.0/24", type },
        { destination: "192.168.20.0/24", via: "10.240.1.2" },
      ],
    }));
  const own = (type: "blackhole" | "unreachable" | "prohibit") =>
    lab.withRoute(routed, "host01/web", { destination: "192.168.30.0/24", type });

  it.each<[string, readonly Netns[], Probe, Partial<Walk>, string]>([
    [
      "no route on the router",
      lab.withoutRoute(routed, "router", "192.168.30.0/24"),
      icmp(WEB30),
      { outcome: "no-route", icmpFrom: "10.240.1.1", ttl: 63 },
      "arrived at router host01-net and never left it: no route to 192.168.30.2",
    ],
    [
      "no route at the sender, which needs no ICMP to know",
      lab.withoutRoute(routed, "host01/web", "0.0.0.0/0"),
      tcp(WEB30),
      { outcome: "no-route" },
      "ended in host01/web: no route to 192.168.30.2",
    ],
    [
      "nobody has the address",
      routed,
      icmp("192.168.30.77"),
      { outcome: "no-route", icmpFrom: "10.240.2.2" },
      "arrived at host02 eth0 and never left it: nobody on host02:cbr0 answers for 192.168.30.77",
    ],
    [
      "nobody has the address, on the sender's own link",
      routed,
      icmp("192.168.20.77"),
      { outcome: "no-route", icmpFrom: WEB20, ttl: 64 },
      "ended in host01/web: nobody on host01:cbr0 answers for 192.168.20.77",
    ],
    [
      "a blackhole on the way",
      router("blackhole"),
      icmp(WEB30),
      { outcome: "timeout" },
      "arrived at router host01-net and never left it: its route is blackhole 192.168.30.0/24",
    ],
    [
      "an unreachable route on the way",
      router("unreachable"),
      icmp(WEB30),
      { outcome: "no-route", icmpFrom: "10.240.1.1" },
      "arrived at router host01-net and never left it: its route is unreachable 192.168.30.0/24",
    ],
    [
      "a prohibit route on the way",
      router("prohibit"),
      icmp(WEB30),
      { outcome: "prohibited", icmpFrom: "10.240.1.1" },
      "arrived at router host01-net and never left it: its route is prohibit 192.168.30.0/24",
    ],
    [
      "a blackhole at the sender (EINVAL)",
      own("blackhole"),
      icmp(WEB30),
      { outcome: "no-route" },
      "ended in host01/web: its route is blackhole 192.168.30.0/24",
    ],
    [
      "an unreachable route at the sender (EHOSTUNREACH)",
      own("unreachable"),
      tcp(WEB30),
      { outcome: "no-route" },
      "ended in host01/web: its route is unreachable 192.168.30.0/24",
    ],
    [
      "a prohibit route at the sender (EACCES)",
      own("prohibit"),
      tcp(WEB30),
      { outcome: "prohibited" },
      "ended in host01/web: its route is prohibit 192.168.30.0/24",
    ],
    [
      "forwarding is off",
      lab.change(routed, "host02", () => ({ forwarding: false })),
      icmp(WEB30),
      { outcome: "timeout" },
      "arrived at host02 eth0 and never left it: it does not forward packets (net.ipv4.ip_forward is 0)",
    ],
    [
      "TTL runs out",
      routed,
      icmp(WEB30, { ttl: 2 }),
      { outcome: "ttl-exceeded", icmpFrom: "10.240.1.1" },
      "arrived at router host01-net and never left it: its TTL ran out",
    ],
    [
      "a drop rule in FORWARD",
      lab.withFilter(routed, "router", rule("FORWARD", "drop", { destination: "192.168.30.0/24" })),
      tcp(WEB30),
      { outcome: "timeout" },
      "arrived at router host01-net and never left it: dropped by router filter FORWARD #1 (-d 192.168.30.0/24 -j DROP)",
    ],
    [
      "a reject rule in FORWARD: port unreachable, whatever the protocol",
      lab.withFilter(routed, "router", rule("FORWARD", "reject", { destination: "192.168.30.0/24" })),
      icmp(WEB30),
      { outcome: "refused", icmpFrom: "10.240.1.1" },
      "arrived at router host01-net and never left it: rejected by router filter FORWARD #1 (-d 192.168.30.0/24 -j REJECT)",
    ],
    [
      "a drop rule in the sender's OUTPUT",
      lab.withFilter(routed, "host01/web", rule("OUTPUT", "drop")),
      tcp(WEB30),
      { outcome: "timeout" },
      "ended in host01/web: dropped by host01/web filter OUTPUT #1 (-j DROP)",
    ],
    [
      "a reject rule in the sender's OUTPUT: its own address says so",
      lab.withFilter(routed, "host01/web", rule("OUTPUT", "reject", { destination: WEB30 })),
      tcp(WEB30),
      { outcome: "refused", icmpFrom: WEB20 },
      "ended in host01/web: rejected by host01/web filter OUTPUT #1 (-d 192.168.30.2 -j REJECT)",
    ],
    [
      "a drop rule in the target's INPUT",
      lab.withFilter(routed, "host02/web", rule("INPUT", "drop", { protocol: "tcp", port: 8080 })),
      tcp(WEB30),
      { outcome: "timeout" },
      "arrived at host02/web eth0 and never left it: dropped by host02/web filter INPUT #1 (-p tcp --dport 8080 -j DROP)",
    ],
    [
      "a reject rule in the target's INPUT",
      lab.withFilter(routed, "host02/web", rule("INPUT", "reject")),
      tcp(WEB30),
      { outcome: "refused", icmpFrom: WEB30 },
      "arrived at host02/web eth0 and never left it: rejected by host02/web filter INPUT #1 (-j REJECT)",
    ],
    [
      "a source that the router holds itself",
      lab.withInterface(routed, "host01/web", "eth0", (one) => ({
        ...one,
        addresses: [...one.addresses, "10.240.2.1/32"],
      })),
      icmp(WEB30, { source: "10.240.2.1" }),
      { outcome: "timeout" },
      "arrived at router host01-net and never left it: 10.240.2.1 is an address of router itself, so what claims to come from it is dropped",
    ],
    [
      "the answer has no route back",
      lab.withoutRoute(routed, "host02/web", "0.0.0.0/0"),
      tcp(WEB30),
      { outcome: "timeout", target: "host02/web", sourceSeen: WEB20 },
      "the answer ended in host02/web: no route to 192.168.20.2",
    ],
    [
      "the answer is lost on the router, whose ICMP goes to the target",
      lab.withoutRoute(routed, "router", "192.168.20.0/24"),
      tcp(WEB30),
      { outcome: "timeout", target: "host02/web" },
      "the answer arrived at router host02-net and never left it: no route to 192.168.20.2",
    ],
    [
      "nobody masquerades: the internet has no way back",
      lab.withNat(routed, "router"),
      tcp(INTERNET, 80, { from: "host01/web" }),
      { outcome: "timeout", target: "internet", sourceSeen: "10.240.1.2" },
      "the answer ended in internet: no route to 10.240.1.2",
    ],
  ])("%s", (_, netns, probe, seen, text) => {
    const result = ask(netns, probe);
    expect(result).toMatchObject(seen);
    expect(result.icmpFrom).toBe(seen.icmpFrom);
    expect(describeLoss(result)).toBe(text);
  });

  it("an ICMP error that finds no way back leaves the sender without a word", () => {
    const noWayBack = lab.withoutRoute(lab.withoutRoute(routed, "host02", "0.0.0.0/0"), "host02/web", "0.0.0.0/0");
    const result = ask(noWayBack, icmp("192.168.30.77"));
    expect(result).toMatchObject({ outcome: "timeout", dropped: { why: { kind: "no-neighbour" } } });
    expect(result.errorDropped).toMatchObject({ netns: "host02", why: { kind: "no-route" } });
  });

  it("routers that point at each other pass a packet on until its TTL ends, at one or the other", () => {
    const circle = lab.withRoute(routed, "router", {
      destination: `${NOWHERE}/32`,
      via: "10.240.2.2",
      dev: "host02-net",
    });
    const even = ask(circle, icmp(NOWHERE));
    const odd = ask(circle, icmp(NOWHERE, { ttl: 63 }));
    expect([even.outcome, odd.outcome]).toEqual(["ttl-exceeded", "ttl-exceeded"]);
    expect(new Set([even.icmpFrom, odd.icmpFrom])).toEqual(new Set(["10.240.1.1", "10.240.2.2"]));
    expect(even.forward.filter(({ direction }) => direction === "out")).toHaveLength(64);
  });

  it("a packet that is sent back to who masqueraded it comes from himself, and is dropped there", () => {
    const back = lab.withRoute(routed, "router", {
      destination: `${NOWHERE}/32`,
      via: "10.240.1.2",
      dev: "host01-net",
    });
    expect(ask(back, icmp(NOWHERE))).toMatchObject({
      outcome: "timeout",
      dropped: { netns: "host01", why: { kind: "martian-source", source: "10.240.1.2" } },
    });
  });

  it("the longest prefix decides, in whatever order the routes stand", () => {
    const host = { destination: `${WEB30}/32`, type: "blackhole" } as const;
    for (const routes of [[host], []]) {
      const netns = lab.change(routed, "router", (one) => ({
        routes: [...routes, ...one.routes, ...(routes.length ? [] : [host])],
      }));
      expect(ask(netns, icmp(WEB30)).outcome).toBe("timeout");
      expect(ask(netns, icmp("192.168.30.3")).outcome).toBe("ok");
    }
  });
});

describe("addresses", () => {
  it("an answer may come another way, and is judged by where it comes from alone", () => {
    const second = lab.withInterface(lab.routedLab(), "host01", "eth0", (one) => one);
    const link = "back-net";
    const asymmetric = lab.withRoute(
      lab.change(
        lab.change(second, "host01", ({ interfaces }) => ({
          interfaces: [...interfaces, lab.ethernet("eth1", "10.250.0.1/24", link)],
        })),
        "host02",
        ({ interfaces }) => ({ interfaces: [...interfaces, lab.ethernet("eth1", "10.250.0.2/24", link)] }),
      ),
      "host02",
      { destination: "192.168.20.0/24", via: "10.250.0.1", dev: "eth1" },
    );
    const result = ask(asymmetric, tcp(WEB30));
    expect(result).toMatchObject({ outcome: "ok", ttl: 62, sourceSeen: WEB20 });
    expect(result.forward.map(({ node }) => node)).toContain("router");
    expect(result.reply.map(({ node }) => node)).not.toContain("router");
  });

  it("the same address on both hosts: each sender meets its own neighbour, not the pod it means", () => {
    const twin = lab.change(lab.routedLab(), "host02/web", () => lab.pod("host02/web", "192.168.20.3"));
    expect(ask(twin, tcp("192.168.20.3"))).toMatchObject({ outcome: "ok", identity: "host01/db:app" });
  });

  it("a host answers ARP for its other interfaces' addresses (arp_ignore 0)", () => {
    const onLink = lab.withRoute(lab.routedLab(), "router", { destination: "192.168.20.1/32", dev: "host01-net" });
    expect(ask(onLink, icmp("192.168.20.1", { from: "router" }))).toMatchObject({
      outcome: "ok",
      target: "host01",
      ttl: 64,
    });
  });

  it("no route but the gateway's interface is named: the gateway's subnet tells it", () => {
    const named = lab.change(lab.routedLab(), "host01", () => ({
      routes: [{ destination: "0.0.0.0/0", via: "10.240.1.1" }],
    }));
    expect(ask(named, icmp(WEB30)).outcome).toBe("ok");
  });

  it("routes of an interface that is gone are gone", () => {
    const unplugged = lab.withInterface(lab.routedLab(), "host02", "eth0", () => undefined);
    expect(ask(unplugged, icmp(WEB30))).toMatchObject({
      outcome: "no-route",
      icmpFrom: "10.240.1.1",
      dropped: { where: "neighbour" },
    });
    expect(ask(unplugged, icmp(WEB20, { from: "host02/web" }))).toMatchObject({
      outcome: "no-route",
      icmpFrom: "192.168.30.1",
    });
  });

  it("of several addresses on an interface the one in the next hop's subnet is the source", () => {
    const two = lab.withInterface(lab.routedLab(), "host01", "eth0", (one) => ({
      ...one,
      addresses: ["10.9.9.9/24", "10.240.1.2/24"],
    }));
    expect(ask(two, tcp(WEB30, 8080, { from: "host01" }))).toMatchObject({ sourceSeen: "10.240.1.2" });
  });

  it("a namespace the lab does not have is an error that lists those it has", () => {
    expect(() => ask(lab.routedLab(), icmp(WEB30, { from: "host09" }))).toThrow(/no namespace host09.*host01\/web/);
  });
});

describe("IPv6", () => {
  const address = (n: number) => `fd00:${n}::2`;
  const six = (id: string, n: number, routes: Netns["routes"]): Netns =>
    lab.netns(id, "pod", { interfaces: [lab.ethernet("eth0", `${address(n)}/64`, `net${n}`)], routes });
  const netns: Netns[] = [
    six("a", 1, [{ destination: "::/0", via: "fd00:1::1", dev: "eth0" }]),
    six("b", 2, [{ destination: "::/0", via: "fd00:2::1", dev: "eth0" }]),
    lab.netns("r", "router", {
      interfaces: [
        lab.ethernet("one", "fd00:1::1/64", "net1"),
        lab.ethernet("two", "fd00:2::1/64", "net2", { mtu: 1400 }),
      ],
      forwarding: true,
    }),
  ];

  it("walks by the same rules", () => {
    expect(ask(netns, { from: "a", to: address(2), protocol: "icmp" })).toMatchObject({
      outcome: "ok",
      ttl: 63,
      sourceSeen: address(1),
    });
    expect(ask(netns, { from: "a", to: "fd00:9::1", protocol: "icmp" })).toMatchObject({
      outcome: "no-route",
      icmpFrom: "fd00:1::1",
    });
  });

  it("no router splits a packet, DF or not", () => {
    expect(ask(netns, { from: "a", to: address(2), protocol: "icmp", size: 1500 })).toMatchObject({
      outcome: "fragmentation-needed",
      mtu: 1400,
      icmpFrom: "fd00:1::1",
    });
  });
});
