/** Labs on several machines: which host is where, and what can't be had. */
import { expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { dockerFor } from "../../../infra/spec/names.ts";
import { readLab } from "../../../infra/spec/read.ts";

const TWO = [{ name: "one" }, { name: "two", host: "ssh://me@two" }];
const THREE = [...TWO, { name: "three", host: "lab-server" }];
const planned = (spec: object) => planLab(readLab({ machines: TWO, hosts: 2, ...spec }, "test"));

test("hosts without a machine of their own take each in turn, so that one added at the end moves no other", () => {
  const places = (hosts: number) =>
    planned({ machines: THREE, hosts }).nodes.flatMap(({ role, machine }) => (role === "host" ? [machine?.name] : []));
  expect(places(5)).toEqual([undefined, "two", "three", undefined, "two"]);
  expect(places(6).slice(0, 5)).toEqual(places(5));
});

test("a host that names its machine moves no other one", () => {
  const hosts = [{ name: "a", machine: "two" }, { name: "b" }, { name: "c", machine: "one" }];
  expect(
    planned({ hosts })
      .nodes.slice(2)
      .map(({ machine }) => machine?.name),
  ).toEqual(["two", "two", undefined]);
});

test("router and internet are on the first machine, and only segments to others are overlay networks", () => {
  const { nodes, segments } = planned({});
  expect(nodes.slice(0, 2).map(({ machine }) => machine)).toEqual([undefined, undefined]);
  expect(segments).toMatchObject([
    { network: "test.internet-net", mtu: 1450 },
    { network: "test.host01-net", mtu: 1450 },
    {
      network: "test_host02-net",
      mtu: 1450,
      machine: { name: "two" },
      range: "10.240.2.128/25",
      reserved: "10.240.2.254",
    },
  ]);
  expect(segments[1]).not.toHaveProperty("machine");
});

test("packets are as large as VXLAN leaves room for, unless the lab says another size", () => {
  const mtus = (spec: object) =>
    new Set(planned(spec).netns.flatMap(({ interfaces }) => interfaces.map(({ mtu }) => mtu)));
  expect(mtus({})).toEqual(new Set([1450]));
  expect(mtus({ mtu: 1390 })).toEqual(new Set([1390]));
  expect(mtus({ network: "overlay" })).toEqual(new Set([1450, 1400]));
  expect(mtus({ machines: undefined })).toEqual(new Set([1500]));
});

test("docker is told the engine by its address, or by the context's name", () => {
  const [, , , two, three] = planned({ machines: THREE, hosts: 3 }).nodes;
  expect(dockerFor(two!)).toEqual(["docker", "--host=ssh://me@two"]);
  expect(dockerFor(three!)).toEqual(["docker", "--context=lab-server"]);
});

test.each([
  [
    "the first machine's engine",
    { machines: [{ name: "one", host: "ssh://one" }] },
    "machines[0].host is not for the first machine",
  ],
  [
    "no engine",
    { machines: [{ name: "one" }, { name: "two" }] },
    "machines[1].host is missing; say how two's Docker engine is reached",
  ],
  [
    "an engine twice",
    { machines: [...TWO, { name: "three", host: "ssh://me@two" }] },
    "machines[2].host ssh://me@two is machines[1] already",
  ],
  ["a name twice", { machines: [...TWO, { name: "two", host: "b" }] }, "machines[2].name two is taken by machines[1]"],
  [
    "no engine's name",
    { machines: [{ name: "one" }, { name: "two", host: "http://two" }] },
    "machines[1].host is no Docker engine; write ssh://",
  ],
  [
    "an unknown machine",
    { hosts: [{ name: "a", machine: "four" }] },
    "hosts[0].machine four is no machine of this lab; choose one of one, two",
  ],
  [
    "a machine without a list",
    { machines: undefined, hosts: [{ name: "a", machine: "two" }] },
    "list it in machines, or remove this",
  ],
  ["IPv6", { ipv6: true }, "ipv6 can't be had on several machines"],
  [
    "an address in Swarm's part",
    { hosts: [{ name: "a" }, { name: "b", segment: "10.1.2.0/24", address: "10.1.2.200" }] },
    "hosts[1].address 10.1.2.200 is in 10.1.2.128/25, which is Swarm's own part of 10.1.2.0/24; choose 10.1.2.2",
  ],
  [
    "a name that is too long",
    { name: "a".repeat(24), hosts: [{ name: "a" }, { name: "b".repeat(40) }] },
    "is too long for a host on another machine; take 6 characters off",
  ],
  ["too small an MTU", { mtu: 1200 }, "mtu is too small; use at least 1280, which is what IPv6 asks of a link"],
])("refused: %s", (_, spec, said) => {
  expect(() => planned(spec)).toThrow(said);
});
