/** Subnets that are left out: the documented ones where they are free, else free ones of this machine; kept while the lab is there. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { Subnet } from "../../../infra/spec/address.ts";
import { collisions } from "../../../infra/spec/collisions.ts";
import { NOTHING_AROUND, type Surroundings, withSubnets } from "../../../infra/spec/freeSubnets.ts";
import { readLab, readSpec } from "../../../infra/spec/read.ts";
import type { LabSpec } from "../../../infra/spec/spec.ts";

const route = (subnet: string) => ({ subnet, owner: "a VPN" });
const network = (subnet: string, lab = "") => ({ name: `network ${subnet}`, lab, subnets: [subnet] });
const choose = (around: Surroundings = NOTHING_AROUND, lab = "lab", spec: object = { hosts: 3 }): LabSpec =>
  withSubnets(readSpec(spec), lab, around);
const planOf = (chosen: LabSpec, lab = "lab") => planLab(readLab(chosen, lab));
const segmentsOf = (chosen: LabSpec, lab = "lab") => planOf(chosen, lab).segments.map(({ subnet }) => subnet);

/** The networks of the machine once that lab is up, beside what was there. */
function upOf(chosen: LabSpec, lab: string, around: Surroundings = NOTHING_AROUND): Surroundings {
  const own = planOf(chosen, lab).segments.map(({ network: name, subnet }) => ({ name, lab, subnets: [subnet] }));
  return { ...around, networks: [...around.networks, ...own] };
}

test("on an empty machine: the documented ones", () => {
  const { segmentPool, internet, podCidr, serviceCidr, hosts } = choose();
  expect({ segmentPool, internet, podCidr, serviceCidr, hosts }).toEqual({
    segmentPool: "10.240.0.0/16",
    internet: { subnet: "203.0.113.0/24" },
    podCidr: "192.168.0.0/16",
    serviceCidr: "10.96.0.0/16",
    hosts: 3,
  });
  expect(planOf(choose())).toEqual(planLab(readLab({ hosts: 3 }, "lab")));
  expect(choose(NOTHING_AROUND, "lab", { hosts: 3, subnets: "auto" }).segmentPool).toBe(segmentPool);
});

test("a second lab starts beside the first, whichever was first, with 64 hosts each", () => {
  const big = { hosts: 64 };
  const first = choose(NOTHING_AROUND, "one", big);
  const around = upOf(first, "one");
  const second = choose(around, "two", big);
  expect(second).toEqual(choose(around, "two", big));
  expect(choose(around, "three", big).segmentPool).not.toBe(second.segmentPool);
  const met = collisions(
    readLab(second, "two"),
    around.networks.map(({ subnets }) => route(subnets[0]!)),
  );
  expect(met).toEqual([]);
});

test("what others use is left to them, and every choice is one that can be built", () => {
  const block = fc.tuple(fc.constantFrom(10, 172, 203), fc.nat(255), fc.integer({ min: 9, max: 24 }));
  const written = fc.record(
    {
      podCidr: fc.constantFrom("10.0.0.0/9", "10.240.0.0/16", "172.16.0.0/16"),
      serviceCidr: fc.constantFrom("10.240.0.0/16", "192.168.0.0/16", "203.0.113.0/24"),
      network: fc.constantFrom("routed", "docker0", "overlay"),
      internet: fc.constantFrom({ subnet: "10.240.1.0/24" }, { subnet: "192.168.1.0/24" }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(block, { maxLength: 40 }), written, fc.nat(3), (blocks, spec, podSubnets) => {
      const given = [spec.podCidr, spec.serviceCidr, spec.internet?.subnet].flatMap((cidr) => cidr ?? []);
      const apart = given.every((one, at) =>
        given.slice(0, at).every((other) => !new Subnet(one).overlaps(new Subnet(other))),
      );
      fc.pre(apart);
      const used = blocks.map(([one, two, prefix]) => new Subnet(`${one}.${two}.0.0/${prefix}`).toString());
      const hosts = Array.from({ length: 3 }, (_, n) => ({
        name: `h${n}`,
        ...(n < podSubnets && spec.network !== "docker0" ? { podSubnet: `10.64.${n}.0/24` } : {}),
      }));
      const around = { networks: used.slice(0, 9).map((subnet) => network(subnet)), routes: used.slice(9).map(route) };
      const chosen = choose(around, "lab", { ...spec, hosts });
      const lab = readLab(
        { ...chosen, services: spec.network === "docker0" ? [] : [{ name: "a", ports: [{ port: 1 }] }] },
        "lab",
      );
      const met = collisions(lab, used.map(route)).map(({ path }) => path);
      expect(met.filter((path) => !(spec.internet && path === "internet.subnet"))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("a lab that is up keeps its subnets, whatever comes or goes around it, and when hosts are added", () => {
  const crowded = { networks: [network("10.240.7.0/24")], routes: [route("203.0.113.0/25")] };
  for (const before of [NOTHING_AROUND, crowded]) {
    const first = choose(before);
    for (const after of [NOTHING_AROUND, crowded, { ...crowded, routes: [route("198.51.100.0/24")] }]) {
      const up = { ...after, networks: [...upOf(first, "lab").networks, ...after.networks] };
      expect(segmentsOf(choose(up))).toEqual(segmentsOf(first));
      const more = choose(up, "lab", { hosts: 9 });
      expect(segmentsOf(more).slice(0, 4)).toEqual(segmentsOf(first));
      expect(
        collisions(
          readLab(more, "lab"),
          after.networks.map(({ subnets }) => route(subnets[0]!)),
        ),
      ).toEqual([]);
    }
  }
});

test("a lab that was cut off keeps what is there of it", () => {
  const first = choose({ networks: [network("10.240.9.0/24")], routes: [] });
  const { networks } = upOf(first, "lab");
  expect(segmentsOf(choose({ networks: networks.slice(2, 3), routes: [] })).slice(1)).toEqual(
    segmentsOf(first).slice(1),
  );
});

test("in a pool that is given, segments go around what is there", () => {
  const spec = { hosts: 2, segmentPool: "10.9.0.0/16" };
  const around = { networks: [network("10.9.1.0/24")], routes: [route("10.9.3.0/24")] };
  const chosen = choose(around, "lab", spec);
  expect(collisions(readLab(chosen, "lab"), [...around.routes, route("10.9.1.0/24")])).toEqual([]);
  expect(segmentsOf(choose(upOf(chosen, "lab"), "lab", spec))).toEqual(segmentsOf(chosen));
});

test("what is given stays", () => {
  const spec = {
    podCidr: "10.4.0.0/16",
    serviceCidr: "10.5.0.0/16",
    segmentPool: "10.1.0.0/16",
    internet: { subnet: "203.0.113.0/24" },
    hosts: [{ name: "a", segment: "10.2.1.0/24", address: "10.2.1.9" }, { name: "b" }],
  };
  expect(choose({ networks: [network("10.0.0.0/8"), network("203.0.113.0/24")], routes: [] }, "lab", spec)).toEqual({
    ...spec,
    hosts: [spec.hosts[0], { name: "b", segment: "10.1.1.0/24" }],
  });
  // An address tells its subnet.
  const addressed = { hosts: [{ name: "a", address: "10.240.1.9" }], internet: { address: "203.0.113.9" } };
  const { segmentPool, internet } = choose(
    { networks: [network("10.240.0.0/24")], routes: [route("203.0.113.128/25")] },
    "lab",
    addressed,
  );
  expect([segmentPool, internet]).toEqual(["10.240.0.0/16", { address: "203.0.113.9", subnet: "203.0.113.0/24" }]);
});

test("a lab that gives all its segments is planned the same once it is up, and when other labs come", () => {
  const spec = { hosts: [{ name: "host01", segment: "10.247.9.0/24" }] };
  const first = choose(NOTHING_AROUND, "lab", spec);
  expect(choose(upOf(first, "lab"), "lab", spec)).toEqual(first);
  expect(choose({ ...NOTHING_AROUND, networks: [network("10.240.1.0/24", "other")] }, "lab", spec)).toEqual(first);
});

test("with 10.0.0.0/8 taken by a VPN it goes elsewhere; with everything taken it says so", () => {
  expect(choose({ networks: [], routes: [route("10.0.0.0/8")] }).segmentPool).toMatch(/^(172|100)\./);
  const all = ["10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10"].map(route);
  expect(() => choose({ networks: [], routes: all })).toThrow(
    /segmentPool is left out, and no \/17 is free .* give one/,
  );
});
