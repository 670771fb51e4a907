/** Tunnels, and packets that are too large for a link. */
import { describe, expect, it } from "vitest";
import { describeLoss } from "../../../infra/packet/describe.ts";
import type { Netns } from "../../../infra/packet/netns.ts";
import { pathMtu, trace } from "../../../infra/packet/trace.ts";
import { type Probe, walk } from "../../../infra/packet/walk.ts";
import * as lab from "./fixtures.ts";

const WEB30 = "192.168.30.2";
/** No packet of the walk has one. */
const MAC = "02:42:00:00:00:01";
const icmp: Probe = { from: "host01/web", to: WEB30, protocol: "icmp" };

/** Flannel's way: the router knows no pod subnet, each host has a VTEP and a route by the other's. */
function overlay(): Netns[] {
  const vtep = (host: string, pods: number, segment: number, peer: number, peerSegment: number) => (all: Netns[]) =>
    lab.change(all, host, ({ interfaces, routes }) => ({
      interfaces: [
        ...interfaces,
        {
          name: "flannel.1",
          kind: "vxlan",
          addresses: [`192.168.${pods}.0/32`],
          mtu: 1450,
          link: "vxlan-1",
          vxlan: {
            id: 1,
            port: 4789,
            local: `10.240.${segment}.2`,
            peers: [{ inner: `192.168.${peer}.0`, mac: MAC, vtep: `10.240.${peerSegment}.2` }],
          },
        },
      ],
      routes: [...routes, { destination: `192.168.${peer}.0/24`, via: `192.168.${peer}.0`, dev: "flannel.1" }],
    }));
  const ignorant = lab.withoutRoute(
    lab.withoutRoute(lab.routedLab(), "router", "192.168.30.0/24"),
    "router",
    "192.168.20.0/24",
  );
  return vtep("host02", 30, 2, 20, 1)(vtep("host01", 20, 1, 30, 2)(ignorant));
}

const retuned = (id: string, change: Partial<NonNullable<Netns["interfaces"][number]["vxlan"]>>) =>
  lab.withInterface(overlay(), id, "flannel.1", (one) => ({ ...one, vxlan: { ...one.vxlan!, ...change } }));

describe("VXLAN", () => {
  const network = lab.network(overlay());

  it("shows two hosts and no router inside the tunnel", () => {
    expect(walk(network, icmp)).toMatchObject({ outcome: "ok", ttl: 62, sourceSeen: "192.168.20.2" });
    expect(trace(network, icmp)).toMatchObject({ hops: ["192.168.20.1", "192.168.30.0"], nodes: ["host01", "host02"] });
  });

  it("the router sees UDP 4789 between the hosts, 50 bytes larger, with the pod's packet inside", () => {
    const { forward } = walk(network, { ...icmp, size: 1450 });
    expect(forward.map((hop) => `${hop.netns} ${hop.interface} ${hop.direction}`)).toEqual([
      "host01/web eth0 out",
      "host01 cbr0 in",
      "host01 flannel.1 out",
      "host01 eth0 out",
      "router host01-net in",
      "router host02-net out",
      "host02 eth0 in",
      "host02 flannel.1 in",
      "host02 cbr0 out",
      "host02/web eth0 in",
    ]);
    expect(forward[4]).toMatchObject({
      source: "10.240.1.2",
      destination: "10.240.2.2",
      protocol: "udp",
      destinationPort: 4789,
      ttl: 64,
      size: 1500,
      inside: { vxlan: 1, source: "192.168.20.2", destination: WEB30, ttl: 63 },
    });
    expect(forward[7]).toMatchObject({ ttl: 63, size: 1450 });
  });

  it("carries at most 1450 bytes whole, and the host says so", () => {
    expect(pathMtu(network, icmp)).toBe(1450);
    expect(walk(network, { ...icmp, size: 1500, df: true })).toMatchObject({
      outcome: "fragmentation-needed",
      mtu: 1450,
      icmpFrom: "192.168.20.1",
    });
    expect(walk(network, { ...icmp, size: 1500 }).outcome).toBe("ok");
  });

  it.each<[string, Netns[], string, string]>([
    [
      "no peer is known",
      retuned("host01", { peers: [] }),
      "no-route",
      "arrived at host01 cbr0 and never left it: VXLAN 1 knows no peer behind 192.168.30.0",
    ],
    [
      "a stale FDB entry leads to nobody: what becomes of outer packets is not told inside",
      retuned("host01", { peers: [{ inner: "192.168.30.0", mac: MAC, vtep: "10.240.2.99" }] }),
      "timeout",
      "arrived at router host01-net and never left it: nobody on host02-net answers for 10.240.2.99",
    ],
    [
      "a stale FDB entry leads to a host that the frame is not for",
      lab.change(
        retuned("host01", { peers: [{ inner: "192.168.30.0", mac: MAC, vtep: "10.240.2.2" }] }),
        "host02",
        ({ interfaces }) => ({
          interfaces: interfaces.map((one) =>
            one.kind === "vxlan" ? { ...one, addresses: ["192.168.31.0/32"] } : one,
          ),
        }),
      ),
      "timeout",
      "arrived at host02 eth0 and never left it: host02 is not the VXLAN 1 peer 192.168.30.0 that the frame is for",
    ],
    [
      "another VNI on the other side",
      retuned("host02", { id: 2 }),
      "timeout",
      "arrived at host02 eth0 and never left it: host02 is not the VXLAN 1 peer 192.168.30.0 that the frame is for",
    ],
    [
      "a router that drops UDP 4789",
      lab.withFilter(overlay(), "router", { chain: "FORWARD", match: { protocol: "udp", port: 4789 }, action: "drop" }),
      "timeout",
      "arrived at router host01-net and never left it: dropped by router filter FORWARD #1 (-p udp --dport 4789 -j DROP)",
    ],
    [
      "a tunnel whose own way leads into it",
      lab.withRoute(overlay(), "host01", { destination: "10.240.2.2/32", via: "192.168.30.0", dev: "flannel.1" }),
      "timeout",
      "ended in host01: the way to the VXLAN 1 peer leads into the tunnel itself",
    ],
  ])("%s", (_, netns, outcome, text) => {
    const result = walk(lab.network(netns), icmp);
    expect(result.outcome).toBe(outcome);
    expect(describeLoss(result)).toBe(text);
  });
});

describe("MTU", () => {
  const narrow = (mtu: number) =>
    lab.withInterface(lab.routedLab(), "router", "host02-net", (one) => ({ ...one, mtu }));

  it.each([
    ["a packet that fits", 1400, true, { outcome: "ok" }],
    ["a larger one, which may be split", 1401, false, { outcome: "ok" }],
    ["a larger one with DF", 1401, true, { outcome: "fragmentation-needed", mtu: 1400, icmpFrom: "10.240.1.1" }],
    ["one that does not even leave (EMSGSIZE)", 1501, true, { outcome: "fragmentation-needed", mtu: 1500 }],
  ])("%s", (_, size, df, seen) => {
    const result = walk(lab.network(narrow(1400)), { ...icmp, size, df });
    expect(result).toMatchObject(seen);
    expect(result.icmpFrom).toBe("icmpFrom" in seen ? seen.icmpFrom : undefined);
  });

  it("an echo's answer is split, so the way back does not count; a bridge takes in more than it sends", () => {
    const back = lab.withInterface(lab.routedLab(), "host01", "cbr0", (one) => ({ ...one, mtu: 1300 }));
    expect(pathMtu(lab.network(back), icmp)).toBe(1500);
  });

  it("is told before the router's filter speaks", () => {
    const both = lab.withFilter(narrow(1400), "router", { chain: "FORWARD", match: {}, action: "reject" });
    expect(walk(lab.network(both), { ...icmp, size: 1500, df: true }).outcome).toBe("fragmentation-needed");
  });

  it("a receiver with a smaller MTU than its link drops what is larger by more than a VLAN tag, and tells nobody", () => {
    const deaf = lab.network(lab.withInterface(lab.routedLab(), "host02", "eth0", (one) => ({ ...one, mtu: 1400 })));
    const lost = walk(deaf, { ...icmp, size: 1405, df: true });
    expect(lost).toMatchObject({ outcome: "timeout", dropped: { where: "link", netns: "host02" } });
    expect(describeLoss(lost)).toBe("left router host02-net, ended in host02: 1405 bytes don't fit eth0 (MTU 1400)");
    expect(walk(deaf, { ...icmp, size: 1404, df: true }).outcome).toBe("ok");
    expect(pathMtu(deaf, icmp)).toBe(1404);
  });

  it("is found hop by hop where several links are narrow", () => {
    const two = lab.withInterface(narrow(1300), "host01", "eth0", (one) => ({ ...one, mtu: 1400 }));
    expect(pathMtu(lab.network(two), icmp)).toBe(1300);
  });

  it("has no value where nothing arrives", () => {
    expect(pathMtu(lab.network(lab.routedLab()), { ...icmp, to: "192.168.30.77" })).toBeUndefined();
  });
});
