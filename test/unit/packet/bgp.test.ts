/** What BGP speakers learn, and what they forget. That BIRD does the same is seen on a real lab (lab-scripts/scenarios/bgp.ts). */
import { describe, expect, test } from "vitest";
import { converged } from "../../../infra/packet/bgp.ts";
import type { BgpSpeaker, Netns } from "../../../infra/packet/netns.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { ethernet, netns } from "./fixtures.ts";

const planned = (hosts: number) => planLab(readLab({ network: "bgp", hosts, podsPerHost: 1 }, "test"));

/** `host01: 192.168.2.0/24 via 10.240.1.1` of everything learned. */
function learned(all: readonly Netns[]): string[] {
  return all.flatMap(({ id, routes }) =>
    routes.flatMap((one) => (one.learned ? [`${id}: ${one.destination} via ${one.via} dev ${one.dev}`] : [])),
  );
}

describe("the lab of kind bgp", () => {
  const plan = planned(3);

  test("every host learns the others' subnets from the router, and the router each from its host", () => {
    expect(learned(plan.netns)).toEqual([
      "router: 192.168.1.0/24 via 10.240.1.2 dev host01-net",
      "router: 192.168.2.0/24 via 10.240.2.2 dev host02-net",
      "router: 192.168.3.0/24 via 10.240.3.2 dev host03-net",
      "host01: 192.168.2.0/24 via 10.240.1.1 dev eth0",
      "host01: 192.168.3.0/24 via 10.240.1.1 dev eth0",
      "host02: 192.168.1.0/24 via 10.240.2.1 dev eth0",
      "host02: 192.168.3.0/24 via 10.240.2.1 dev eth0",
      "host03: 192.168.1.0/24 via 10.240.3.1 dev eth0",
      "host03: 192.168.2.0/24 via 10.240.3.1 dev eth0",
    ]);
  });

  test("writes no pod route", () => {
    const written = [...nodeStates(plan).values()].flatMap(({ kernel }) => Object.keys(kernel.routes));
    expect(new Set(written)).toEqual(new Set(["default"]));
  });

  test("a host more changes nothing of the others, and of the router's only its interface and neighbours", () => {
    const [was, is] = [nodeStates(plan), nodeStates(planned(4))];
    for (const host of ["host01", "host02", "host03"]) expect(is.get(host)).toEqual(was.get(host));
    const { kernel, files, ...rest } = is.get("router")!;
    const before = was.get("router")!;
    expect(rest).toEqual({ ...before, kernel: undefined, files: undefined });
    expect(Object.keys(kernel.interfaces)).toEqual([...Object.keys(before.kernel.interfaces), "host04-net"]);
    const config = (all: typeof files) => (all["/etc/bird/bird.conf"] as { lines: string[] }).lines;
    const added = config(files).filter((line) => !config(before.files).includes(line));
    expect(added).toEqual(["protocol bgp 'to-host04' from neighbour { neighbor 10.240.4.2 as 64516; }"]);
  });

  test("every system has a number of its own, from the private ones (RFC 6996)", () => {
    const numbers = planned(64).netns.flatMap(({ bgp }) => bgp?.as ?? []);
    expect(new Set(numbers).size).toBe(65);
    expect(Math.min(...numbers)).toBe(64_512);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(65_534);
  });

  test("no other kind has a speaker", () => {
    const others = planLab(readLab({ hosts: 2 }, "test"));
    expect(others.netns.filter(({ bgp }) => bgp)).toEqual([]);
    expect([...nodeStates(others).values()].filter(({ bird }) => bird)).toEqual([]);
  });
});

describe("a session", () => {
  const plan = planned(2);
  const changed = (id: string, how: (one: Netns) => Netns) => plan.netns.map((one) => (one.id === id ? how(one) : one));
  const speaks = (bgp: BgpSpeaker | undefined) => (one: Netns) => {
    const { bgp: _, ...silent } = one;
    return bgp ? { ...silent, bgp } : silent;
  };
  const host01 = plan.netns.find(({ id }) => id === "host01")!;

  test("that ends takes the host's subnet from everybody, and everybody's from the host", () => {
    expect(learned(converged(changed("host02", speaks(undefined))))).toEqual([
      "router: 192.168.1.0/24 via 10.240.1.2 dev host01-net",
    ]);
  });

  test("needs both ends to agree on the systems' numbers", () => {
    const wrong = { ...host01.bgp!, peers: host01.bgp!.peers.map((peer) => ({ ...peer, as: 65_000 })) };
    expect(learned(converged(changed("host01", speaks(wrong))))).toEqual([
      "router: 192.168.2.0/24 via 10.240.2.2 dev host02-net",
    ]);
  });

  test("needs its link", () => {
    const unplugged = (one: Netns): Netns => ({
      ...one,
      interfaces: one.interfaces.map((port) => (port.name === "eth0" ? { ...port, link: "nowhere" } : port)),
    });
    expect(learned(converged(changed("host01", unplugged)))).toEqual([
      "router: 192.168.2.0/24 via 10.240.2.2 dev host02-net",
    ]);
  });

  test("is computed afresh: converging twice changes nothing", () => {
    expect(converged(plan.netns)).toEqual(plan.netns);
    expect(converged(converged(changed("host02", speaks(undefined))))).toEqual(
      converged(changed("host02", speaks(undefined))),
    );
  });
});

test("of two ways the shorter is learned, and what is connected is not learned at all", () => {
  // a ── b ── d       a ── c ── e ── d       b and d share a subnet that b announces, too
  const link = (one: string, other: string) => `${one}${other}`;
  const links = ["ab", "bd", "ac", "ce", "de"];
  const node = (id: string, as: number, announces: string[]): Netns => {
    const own = links.filter((name) => name.includes(id));
    const port = (name: string) =>
      ethernet(name, `10.0.${links.indexOf(name)}.${name.startsWith(id) ? 1 : 2}/24`, link(name[0]!, name[1]!));
    const peers = own.map((name) => {
      const peer = name.replace(id, "");
      return {
        name: peer,
        address: `10.0.${links.indexOf(name)}.${name.startsWith(peer) ? 1 : 2}`,
        as: numbers[peer]!,
      };
    });
    return netns(id, "router", {
      interfaces: own.map(port),
      forwarding: true,
      bgp: { id: `10.9.9.${as}`, as, hold: 3, announces, peers },
    });
  };
  const numbers: Record<string, number> = { a: 1, b: 2, c: 3, d: 4, e: 5 };
  const all = [node("a", 1, []), node("b", 2, ["bd"]), node("c", 3, []), node("d", 4, ["de"]), node("e", 5, [])];
  expect(learned(converged(all)).filter((line) => line.startsWith("a:"))).toEqual([
    "a: 10.0.1.0/24 via 10.0.0.2 dev ab",
    "a: 10.0.4.0/24 via 10.0.0.2 dev ab",
  ]);
  expect(learned(converged(all)).filter((line) => /^[de]:/.test(line))).toEqual(["e: 10.0.1.0/24 via 10.0.4.1 dev de"]);
});
