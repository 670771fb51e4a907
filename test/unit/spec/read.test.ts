/** Bad input: every problem at once, each with its place, the rule, and a value that would do. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Problem, SpecError } from "../../../infra/spec/problem.ts";
import { readLab } from "../../../infra/spec/read.ts";

function problemsOf(spec: unknown): readonly Problem[] {
  try {
    readLab(spec, "test");
  } catch (error) {
    if (error instanceof SpecError) return error.problems;
    throw error;
  }
  return [];
}

const host = (name: string, more: object = {}) => ({ name, ...more });

describe("a spec without contradictions", () => {
  test("may be two numbers", () => {
    const lab = readLab({ hosts: 3, podsPerHost: 4 }, "big");
    expect(lab.name).toBe("big");
    expect(lab.hosts.map(({ name }) => name)).toEqual(["host01", "host02", "host03"]);
    expect(lab.hosts.map(({ podSubnet }) => String(podSubnet))).toEqual([
      "192.168.1.0/24",
      "192.168.2.0/24",
      "192.168.3.0/24",
    ]);
    expect(lab.hosts[0]!.pods.map(({ address }) => address)).toEqual([
      "192.168.1.2",
      "192.168.1.3",
      "192.168.1.4",
      "192.168.1.5",
    ]);
  });

  test("gives what is left out around what is given", () => {
    const lab = readLab({ hosts: [host("a"), host("b", { podSubnet: "192.168.1.0/24" }), host("c")] }, "x");
    expect(lab.hosts.map(({ podSubnet }) => String(podSubnet))).toEqual([
      "192.168.2.0/24",
      "192.168.1.0/24",
      "192.168.3.0/24",
    ]);
  });

  test("keeps every host as it is when one is added at the end", () => {
    const before = readLab({ hosts: 2 }, "x").hosts;
    expect(readLab({ hosts: 3 }, "x").hosts.slice(0, 2)).toEqual(before);
  });
});

describe("a contradiction is told with its place, the rule and a value that would do", () => {
  const cases: [string, unknown, string, RegExp][] = [
    [
      "pod subnets that overlap",
      { hosts: [host("a", { podSubnet: "192.168.20.0/24" }), host("b", { podSubnet: "192.168.20.0/24" })] },
      "hosts[1].podSubnet",
      /^192\.168\.20\.0\/24 overlaps hosts\[0\]\.podSubnet 192\.168\.20\.0\/24; choose 192\.168\.\d+\.0\/24$/,
    ],
    [
      "a pod subnet inside another",
      { hosts: [host("a", { podSubnet: "192.168.16.0/20" }), host("b", { podSubnet: "192.168.20.0/24" })] },
      "hosts[1].podSubnet",
      /overlaps hosts\[0\]\.podSubnet 192\.168\.16\.0\/20; choose/,
    ],
    [
      "a subnet that means something else",
      { hosts: [host("a", { podSubnet: "127.0.0.0/24" })] },
      "hosts[0].podSubnet",
      /loopback 127\.0\.0\.0\/8; choose/,
    ],
    [
      "two hosts of one name",
      { hosts: [host("a"), host("a")] },
      "hosts[1].name",
      /^a is taken by hosts\[0\]; choose another, such as a-2$/,
    ],
    [
      "a host named as the router",
      { hosts: [host("router")] },
      "hosts[0].name",
      /the lab's own router; choose another/,
    ],
    [
      "two pods of one name",
      { hosts: [host("a", { pods: [{ name: "web" }, { name: "web" }] })] },
      "hosts[0].pods[1].name",
      /^web is taken by hosts\[0\]\.pods\[0\]; choose/,
    ],
    [
      "a host address outside its segment",
      { hosts: [host("a", { segment: "10.1.1.0/24", address: "10.1.2.2" })] },
      "hosts[0].address",
      /^10\.1\.2\.2 lies outside its segment 10\.1\.1\.0\/24; choose 10\.1\.1\.2$/,
    ],
    [
      "the router's address",
      { hosts: [host("a", { segment: "10.1.1.0/24", address: "10.1.1.1" })] },
      "hosts[0].address",
      /is the router's; choose 10\.1\.1\.2/,
    ],
    [
      "more pods than addresses",
      { hosts: [host("a", { podSubnet: "192.168.9.0/30" })], podsPerHost: 2 },
      "hosts[0].pods[1]",
      /fits no more: podSubnet 192\.168\.9\.0\/30 has 1 addresses.*choose a shorter prefix than \/30/,
    ],
    [
      "a pod address outside its subnet",
      { hosts: [host("a", { podSubnet: "192.168.9.0/24", pods: [{ name: "web", address: "192.168.8.2" }] })] },
      "hosts[0].pods[0].address",
      /^192\.168\.8\.2 lies outside a's podSubnet 192\.168\.9\.0\/24; choose 192\.168\.9\.2$/,
    ],
    [
      "two containers on one port",
      {
        hosts: 1,
        containers: [
          { name: "app", ports: [{ containerPort: 80 }] },
          { name: "sidecar", ports: [{ containerPort: 80 }] },
        ],
      },
      "hosts[0].pods[0].containers[1].ports[0].containerPort",
      /^80 is taken by containers\[0\]; containers of a pod share one address, so choose another port, such as 81$/,
    ],
    ["a key that nobody knows", { hosts: 1, host: [] }, "host", /no key that podlab knows; remove it/],
    [
      "bits right of the prefix",
      { hosts: [host("a", { podSubnet: "192.168.20.7/24" })] },
      "hosts[0].podSubnet",
      /^has bits set right of its prefix; write 192\.168\.20\.0\/24$/,
    ],
    [
      "leading zeros",
      { hosts: [host("a", { podSubnet: "192.168.020.0/24" })] },
      "hosts[0].podSubnet",
      /without leading zeros/,
    ],
    [
      "a /32",
      { hosts: [host("a", { podSubnet: "192.168.20.1/32" })] },
      "hosts[0].podSubnet",
      /choose a prefix from \/16 to \/30/,
    ],
    [
      "a name that a shell would run",
      { hosts: [host("$(touch x)")] },
      "hosts[0].name",
      /is no name; use lower-case letters/,
    ],
    ["too many hosts", { hosts: 1001 }, "hosts", /is too many; use 1 to 1000 hosts/],
    [
      "more hosts than a pool has subnets for",
      { hosts: 300 },
      "podCidr",
      /has a \/24 for 255 hosts, and the lab has 300; choose a larger one, such as 10/,
    ],
    ["hosts that are neither number nor list", { hosts: "two" }, "hosts", /neither a number of hosts nor a list/],
    ["nothing", undefined, "podlab:lab", /missing or of the wrong type/],
  ];

  test.each(cases)("%s", (_, spec, path, message) => {
    const found = problemsOf(spec);
    expect(found.map((problem) => problem.path)).toContain(path);
    expect(found.find((problem) => problem.path === path)?.message).toMatch(message);
  });

  test("all problems at once", () => {
    const found = problemsOf({
      hosts: [
        host("a", { podSubnet: "192.168.20.0/24" }),
        host("a", { podSubnet: "192.168.20.0/24", address: "1.2.3.4" }),
      ],
    });
    expect(found.map(({ path }) => path).sort()).toEqual(["hosts[1].address", "hosts[1].name", "hosts[1].podSubnet"]);
  });

  test("a value that is proposed does", () => {
    const spec = (podSubnet: string) => ({
      hosts: [host("a", { podSubnet: "192.168.20.0/24" }), host("b", { podSubnet })],
    });
    const proposed = /choose (\S+)/.exec(problemsOf(spec("192.168.20.0/24"))[0]!.message)![1]!;
    expect(problemsOf(spec(proposed))).toEqual([]);
  });
});

describe("all that is proposed in one message does together", () => {
  const few = <T>(...values: T[]) => fc.constantFrom(...values);
  const subnet = few("192.168.1.0/24", "192.168.0.0/16", "10.240.1.0/24", "10.96.0.0/24", "127.0.0.0/24");
  const address = few("192.168.1.1", "192.168.1.2", "192.168.0.2", "10.240.1.2", "10.96.0.7");
  const subnet6 = few("fd00:1::/64", "fd00:2::/64", "fd00:1:2::/64", "fe80::/64");
  const name = few("a", "a-2", "b", "router");
  const optional = { requiredKeys: ["name"] } as { requiredKeys: ["name"] };
  const ports = fc.array(
    fc.record({ containerPort: few(1, 2, 3, 65535), name: few("p", "p-2") }, { requiredKeys: ["containerPort"] }),
    { minLength: 1, maxLength: 2 },
  );
  const containers = fc.array(fc.record({ name: few("x", "y", "x-2"), ports }), { minLength: 1, maxLength: 4 });
  const pods = fc.array(fc.record({ name, address, containers }, optional), { maxLength: 4 });
  const hosts = fc.array(
    fc.record(
      { name, segment: subnet, address, podSubnet: subnet, segment6: subnet6, podSubnet6: subnet6, pods },
      optional,
    ),
    { minLength: 1, maxLength: 4 },
  );
  const servicePorts = fc.array(
    fc.record(
      { name: few("p", "p-2"), port: few(80, 81), protocol: few("TCP", "UDP"), nodePort: few(30_000, 30_001) },
      { requiredKeys: ["name", "port"] },
    ),
    { minLength: 1, maxLength: 2 },
  );
  const services = fc.array(
    fc.record({ name: few("s", "s-2"), ports: servicePorts, clusterIP: address }, { requiredKeys: ["name", "ports"] }),
    { maxLength: 4 },
  );
  const specs = fc.record(
    {
      hosts,
      services,
      ipv6: few<boolean | string>(true, "fd00:1:2::/48"),
      network: few("routed", "docker0"),
      serviceCidr: few("10.96.0.0/24", "10.240.1.0/24", "192.168.0.0/16"),
      podCidr: few("192.168.1.0/24", "10.240.0.0/16"),
      segmentPool: few("10.240.1.0/24", "192.168.0.0/16", "127.0.0.0/8"),
      internet: fc.record({ subnet, address }, { requiredKeys: [] }),
    },
    { requiredKeys: ["hosts"] },
  );

  test("over any contradictions of names, subnets, addresses and ports", () => {
    let mended = 0;
    fc.assert(
      fc.property(specs, (spec) => {
        const found = problemsOf(spec);
        const values = found.map(({ path, message }) => ({
          path,
          value: /(?:choose|such as) ([\w.:/-]+)$/.exec(message)?.[1],
        }));
        if (values.length < 2 || values.some(({ value }) => value === undefined || value === "another")) return;
        mended += 1;
        const changed = JSON.parse(JSON.stringify({ internet: {}, ...spec }));
        for (const { path, value } of values) {
          const keys = path.split(/[[\].]+/);
          const last = keys.pop()!;
          const place = keys.reduce((inside, key) => inside[key], changed);
          place[last] = /^\d+$/.test(value!) ? Number(value) : value;
        }
        expect(problemsOf(changed)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
    expect(mended).toBeGreaterThan(100);
  });
});

test("of a mistake that was made a thousand times, the first ones are shown", () => {
  const entry = { from: "a/pod1", to: "b/pod1", prot: "tcp" };
  const problems = problemsOf({ hosts: 2, expect: Array.from({ length: 1000 }, () => entry) });
  const lines = new SpecError(problems).message.split("\n");
  expect(problems.length).toBeGreaterThanOrEqual(1000);
  expect(lines[1]).toContain("expect[0]");
  expect(lines).toHaveLength(42);
  expect(lines.at(-1)).toBe(`  … and ${problems.length - 40} more`);
});
