/** IPv6 beside IPv4: what a spec may say of it, what is planned, and how its packets fare. */
import { describe, expect, test } from "vitest";
import { expectations } from "../../../infra/expect/expectations.ts";
import { userExpectations } from "../../../infra/expect/userExpectations.ts";
import { describeLoss } from "../../../infra/packet/describe.ts";
import type { FilterRule, Netns } from "../../../infra/packet/netns.ts";
import { Network } from "../../../infra/packet/network.ts";
import { pathMtu, trace } from "../../../infra/packet/trace.ts";
import { walk } from "../../../infra/packet/walk.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { SpecError } from "../../../infra/spec/problem.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { change, netns, withInterface, withoutRoute, withRoute } from "../packet/fixtures.ts";

const hosts = [
  { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }, { name: "db" }] },
  { name: "host02", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }] },
];
const planOf = (spec: object): LabPlan => planLab(readLab({ hosts, ...spec }, "test"));
const plan = planOf({ ipv6: "fd00:1::/48" });
const FAR = "fd00:1:0:102::2";
const FAR_SUBNET = "fd00:1:0:102::/64";

const ask = (lab: readonly Netns[], more: object = {}) =>
  walk(new Network(lab), { from: "host01/web", to: FAR, protocol: "icmp", ...more });

function problemsOf(spec: object): string[] {
  try {
    readLab({ hosts, ...spec }, "test");
  } catch (error) {
    if (error instanceof SpecError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

describe("addresses", () => {
  test("true makes a /48 of the lab's name: another lab, another one; the same lab, the same", () => {
    const prefix = (name: string) => planOf({ name, ipv6: true }).pods[0]!.address6!;
    expect(prefix("one")).toMatch(/^fd[\da-f]{2}:[\da-f]{1,4}:[\da-f]{1,4}:101::2$/);
    expect(prefix("one")).toBe(prefix("one"));
    expect(prefix("one")).not.toBe(prefix("two"));
  });

  test("a host added at the end changes nothing of the others", () => {
    const more = planOf({ ipv6: "fd00:1::/48", hosts: [...hosts, { name: "host03" }] });
    expect(more.pods.slice(0, 3)).toEqual(plan.pods);
    expect(more.segments.slice(0, 3)).toEqual(plan.segments);
  });

  test("what is given stays, in the one way to write it", () => {
    const given = { segment6: "FD00:0:9::/64", address6: "fd00:0:9:0::5", podSubnet6: "fd00:7::/112" };
    const { nodes, pods } = planOf({ ipv6: true, hosts: [{ ...hosts[0]!, ...given }] });
    expect(nodes.find(({ name }) => name === "host01")!.address6).toBe("fd00:0:9::5");
    expect(pods.map(({ address6 }) => address6)).toEqual(["fd00:7::2", "fd00:7::3"]);
  });

  test("a full subnet is full, and no more", () => {
    const three = (pods: number) => ({
      ipv6: true,
      podsPerHost: pods,
      hosts: [{ name: "a", podSubnet6: "fd00:2::/126" }],
    });
    expect(problemsOf(three(2))).toEqual([]);
    expect(problemsOf(three(3))).toEqual([
      expect.stringMatching(/fits no more: podSubnet6 fd00:2::\/126 has 2 addresses/),
    ]);
  });

  test("without ipv6 nothing of a plan speaks of it", () => {
    expect(JSON.stringify(planOf({})).replaceAll(/"mac":"[^"]*"/g, "")).not.toMatch(
      /:[\da-f]*:[\da-f]|family|address6|router6|IPV6|SUBNET6/,
    );
  });
});

describe("a spec is refused, with place and fix", () => {
  test.each([
    [{ ipv6: true, network: "overlay" }, "ipv6 is no choice with network overlay: remove it, or set network to routed"],
    [
      { ipv6: "fd00:1::/64" },
      "ipv6 has no usable size; choose a prefix from /48 to /48 (every host gets two /64 of it)",
    ],
    [
      { internet: { subnet6: "2001:db8::/64" } },
      "internet.subnet6 is of IPv6, which the lab has not; add ipv6: true, or remove it",
    ],
    [
      { nonMasqueradeCidrs: ["fc00::/7"] },
      "nonMasqueradeCidrs[0] is of IPv6, which the lab has not; add ipv6: true, or remove it",
    ],
    [
      { expect: [{ from: "*", to: "router", family: 6 }] },
      "expect[0].family is of IPv6, which the lab has not; add ipv6: true, or remove it",
    ],
    [
      { nonMasqueradeCidrs: ["fc00::1/7"], ipv6: true },
      "nonMasqueradeCidrs[0] has bits set right of its prefix; write fc00::/7",
    ],
    [
      { ipv6: true, internet: { subnet6: "fe80::/64" } },
      /^internet\.subnet6 fe80::\/64 overlaps link-local addresses fe80::\/10; choose fd/,
    ],
    [
      { ipv6: true, internet: { address6: "2001:db8::1" } },
      "internet.address6 2001:db8::1 is the router's; choose 2001:db8::2",
    ],
    [
      { ipv6: "fd00:1::/48", hosts: [{ ...hosts[0]!, podSubnet6: "fd00:1:0:1::/64", segment6: "fd00:1:0:1::/64" }] },
      "hosts[0].podSubnet6 fd00:1:0:1::/64 overlaps hosts[0].segment6 fd00:1:0:1::/64; choose fd00:1:0:100::/64",
    ],
    [
      { ipv6: "fd00:1::/48", hosts: [{ name: "a", pods: [{ name: "web", address6: "fd00:1:0:101::" }] }] },
      "hosts[0].pods[0].address6 fd00:1:0:101:: is the subnet-router anycast address of fd00:1:0:101::/64; choose fd00:1:0:101::2",
    ],
  ])("%j", (spec, problem) => {
    expect(problemsOf(spec)).toEqual([typeof problem === "string" ? problem : expect.stringMatching(problem)]);
  });
});

describe("packets", () => {
  test("go the same way as IPv4's, with their own address, and are hidden from the internet", () => {
    expect(ask(plan.netns)).toMatchObject({ outcome: "ok", ttl: 61, sourceSeen: "fd00:1:0:101::2" });
    expect(trace(new Network(plan.netns), { from: "host01/web", to: FAR, protocol: "icmp" }).hops).toEqual([
      "fd00:1:0:101::1",
      "fd00:1:0:1::1",
      "fd00:1:0:2::2",
    ]);
    expect(ask(plan.netns, { to: "2001:db8::10", protocol: "tcp", port: 80 })).toMatchObject({
      sourceSeen: "2001:db8::1",
    });
  });

  test("do without a route that IPv4 still has", () => {
    const lab = withoutRoute(plan.netns, "router", FAR_SUBNET);
    expect(ask(lab)).toMatchObject({ outcome: "no-route", icmpFrom: "fd00:1:0:1::1" });
    expect(ask(lab, { to: "192.168.30.2" }).outcome).toBe("ok");
  });

  test("are not split by routers: what would fit is said, and the sender splits", () => {
    const lab = withInterface(plan.netns, "host02", "cbr0", (one) => ({ ...one, mtu: 1400 }));
    expect(ask(lab, { size: 1450 })).toMatchObject({ outcome: "fragmentation-needed", mtu: 1400 });
    expect(ask(lab, { to: "192.168.30.2", size: 1450 }).outcome).toBe("ok");
    // Split by its sender for a link of 1500 bytes, it still has pieces that are too big for the next one.
    expect(ask(lab, { size: 3000 })).toMatchObject({ outcome: "fragmentation-needed" });
    expect(ask(plan.netns, { size: 3000 }).outcome).toBe("ok");
    expect(pathMtu(new Network(lab), { from: "host01/web", to: FAR, protocol: "icmp" })).toBe(1400);
    // The other way round the question passes, and the answer is split by who gives it.
    expect(pathMtu(new Network(lab), { from: "host02/web", to: "fd00:1:0:101::2", protocol: "icmp" })).toBe(1500);
  });

  test("a link of less than 1280 bytes carries none", () => {
    const lab = withInterface(plan.netns, "host01", "eth0", (one) => ({ ...one, mtu: 1279 }));
    expect(ask(lab).outcome).toBe("no-route");
    expect(ask(lab, { to: "192.168.30.2" }).outcome).toBe("ok");
  });

  test("without forwarding there is silence, but a missing route is told", () => {
    const lab = change(plan.netns, "router", () => ({ forwarding: false }));
    const silent = ask(lab);
    expect(silent.outcome).toBe("timeout");
    expect(describeLoss(silent)).toContain("net.ipv6.conf.all.forwarding is 0");
    expect(ask(withoutRoute(lab, "router", FAR_SUBNET)).outcome).toBe("no-route");
  });

  test("see the rules of ip6tables, and no others", () => {
    const drop = (family: FilterRule["family"]): FilterRule[] => [
      { ...(family ? { family } : {}), chain: "FORWARD", match: { inInterface: "host01-net" }, action: "drop" },
    ];
    const four = change(plan.netns, "router", () => ({ filter: drop(undefined) }));
    const six = change(plan.netns, "router", () => ({ filter: drop(6) }));
    expect([ask(four).outcome, ask(four, { to: "192.168.30.2" }).outcome]).toEqual(["ok", "timeout"]);
    expect([ask(six).outcome, ask(six, { to: "192.168.30.2" }).outcome]).toEqual(["timeout", "ok"]);
    expect(describeLoss(ask(six))).toContain("router ip6tables filter FORWARD #1 (-i host01-net -j DROP)");
  });

  test("come from the address that RFC 6724 prefers: the destination's label first, then the longest common prefix", () => {
    const addresses = ["fd00:5::2/64", "2001:db8:5::5/64", "fd00:5::99/128"];
    const alone = netns("a", "host", {
      interfaces: [{ name: "eth0", kind: "ethernet", addresses, mtu: 1500, link: "x" }],
      routes: [{ destination: "::/0", via: "fd00:5::1", dev: "eth0" }],
    });
    // As `ip -6 route get` said on Linux 6.18.
    const { table } = new Network([alone]).namespace("a");
    expect(["fd00:5::9", "fd00:6::1", "2001:db8:1::1", "8000::1"].map((one) => table.sourceFor(one))).toEqual([
      "fd00:5::99",
      "fd00:5::99",
      "2001:db8:5::5",
      "2001:db8:5::5",
    ]);
  });

  test("a static route never takes a connected one's place", () => {
    const lab = withRoute(plan.netns, "host01", { destination: "fd00:1:0:1::/64", type: "blackhole" });
    expect(ask(lab, { to: "fd00:1:0:1::1" }).outcome).toBe("ok");
  });
});

describe("expectations", () => {
  const all = expectations(plan).expectations;

  test("are of both families, pair by pair, with names that differ", () => {
    const six = all.filter(({ family }) => family === 6);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const twins = six.filter(({ kind }) => kind !== "fact").map(({ id }) => id.replace(/ \(IPv6\)$/, ""));
    const four = all.filter(({ family, kind }) => family === undefined && kind !== "fact").map(({ id }) => id);
    expect(new Set(twins)).toEqual(new Set(four));
    expect(all).toContainEqual(
      expect.objectContaining({
        id: "fact addresses6 host01/web",
        expected: { outcome: "ok", value: "fd00:1:0:101::2" },
      }),
    );
  });

  test("of the user's may name the family, or an address of it", () => {
    const entries = [
      { from: "host01/web", to: "host02/web", family: 6, outcome: "ok", ttl: 61, via: ["host01", "router", "host02"] },
      { from: "host01/web", to: "FD00:1:0:102:0::2", port: 8080, outcome: "ok", sourceSeen: "fd00:1:0:0101::2" },
    ] satisfies Parameters<typeof userExpectations>[1];
    const told = userExpectations(plan, entries);
    expect(told.problems).toEqual([]);
    expect(told.contradictions).toEqual([]);
    expect(told.expectations.map(({ id }) => id)).toEqual([
      "icmp host01/web -> host02/web (IPv6)",
      "path host01/web -> host02/web (IPv6)",
      "tcp host01/web -> FD00:1:0:102:0::2:8080 (IPv6)",
    ]);
  });

  test("of the user's that the lab will not meet are told with the reason", () => {
    const broken = { ...plan, netns: withoutRoute(plan.netns, "router", FAR_SUBNET) };
    const { contradictions } = userExpectations(broken, [
      { from: "host01/web", to: "host02/web", family: 6, outcome: "ok" },
    ]);
    expect(contradictions.map(({ message }) => message)).toEqual([
      `expects outcome ok of icmp host01/web -> host02/web (IPv6), but the lab as configured gives no-route (arrived at router host01-net and never left it: no route to ${FAR})`,
    ]);
  });
});
