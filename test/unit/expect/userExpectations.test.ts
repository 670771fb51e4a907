import { describe, expect, it } from "vitest";
import type { Expectation } from "../../../infra/expect/check.ts";
import { userExpectations } from "../../../infra/expect/userExpectations.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { resolve } from "../../../infra/spec/resolve.ts";
import type { ExpectSpec, LabSpec } from "../../../infra/spec/spec.ts";
import { withoutRoute } from "../packet/fixtures.ts";

const spec: LabSpec = {
  hosts: [
    { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }, { name: "db" }] },
    { name: "host02", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }, { name: "db" }] },
  ],
};
const plan = planLab(resolve(spec, "test"));
const read = (...entries: ExpectSpec[]) => userExpectations(plan, entries);

describe("what holds becomes an expectation as written", () => {
  it("with the fields the user gave, and what the model says of the others", () => {
    const { expectations, contradictions, problems } = read({
      from: "host01/web",
      to: "host02/web",
      port: 8080,
      outcome: "ok",
      sourceSeen: "192.168.20.2",
      ttl: 61,
    });
    expect([contradictions, problems]).toEqual([[], []]);
    expect(expectations).toEqual([
      {
        id: "tcp host01/web -> host02/web:8080",
        kind: "tcp",
        from: "host01/web",
        to: "host02/web",
        address: "192.168.30.2",
        port: 8080,
        expected: { outcome: "ok", sourceSeen: "192.168.20.2", ttl: 61, identity: "host02/web:app" },
        origin: "config",
      },
    ]);
  });

  it("of a failure the model says who tells of it", () => {
    const { expectations } = read({ from: "host01/web", to: "198.51.100.7", outcome: "no-route" });
    expect(expectations[0]!.expected).toEqual({ outcome: "no-route", icmpFrom: "10.240.1.1" });
  });

  it("where chance decides, each end that the user's words allow", () => {
    const services = [{ name: "web", ports: [{ port: 80, targetPort: 8080 }], endpoints: ["host01/db", "host02/db"] }];
    const served = planLab(resolve({ ...spec, services }, "test"));
    const { expectations, contradictions } = userExpectations(served, [
      { from: "host01/web", to: "svc/web", port: 80, outcome: "ok", sourceSeen: "192.168.20.2" },
    ]);
    expect(contradictions).toEqual([]);
    const [{ expected, or }] = expectations as [Expectation];
    expect([expected, ...(or ?? [])]).toEqual([
      { outcome: "ok", ttl: 64, identity: "host01/db:app", sourceSeen: "192.168.20.2" },
      { outcome: "ok", ttl: 61, identity: "host02/db:app", sourceSeen: "192.168.20.2" },
    ]);
  });

  it("what the model contradicts holds as the user wrote it", () => {
    const { expectations } = read({ from: "host01/web", to: "host02/web", outcome: "timeout" });
    expect(expectations[0]!.expected).toEqual({ outcome: "timeout" });
  });

  it("two entries that say the same, one of them more of it, are one", () => {
    const { expectations, problems } = read(
      { from: "*", to: "internet", port: 80, outcome: "ok" },
      { from: "host01/web", to: "internet", port: 80, outcome: "ok", ttl: 62 },
    );
    expect(problems).toEqual([]);
    expect(expectations).toHaveLength(4);
  });

  it("to oneself and to many, as Linux has it", () => {
    const to = (address: string, port?: number) =>
      read({ from: "host01/web", to: address, outcome: "ok", ...(port === undefined ? {} : { port }) });
    expect(to("127.0.0.1", 8080).expectations[0]!.expected).toEqual({
      outcome: "ok",
      ttl: 64,
      identity: "host01/web:app",
      sourceSeen: "127.0.0.1",
    });
    const told = (address: string, port?: number) =>
      to(address, port).contradictions[0]?.message.replace(/^.* gives /, "");
    expect(told("192.168.20.255")).toBe(
      "prohibited (ended in host01/web: 192.168.20.255 is a broadcast address, to which only a socket with SO_BROADCAST may send)",
    );
    const toMany = (address: string) => `${address} is an address of many, and nobody answers what is sent there)`;
    expect(told("192.168.30.255")).toBe(
      `timeout (arrived at host02 eth0 and never left it: ${toMany("192.168.30.255")}`,
    );
    expect(told("224.0.0.1")).toBe(`timeout (ended in host01/web: ${toMany("224.0.0.1")}`);
    expect(told("224.0.0.1", 8080)).toBe(`no-route (ended in host01/web: ${toMany("224.0.0.1")}`);
  });

  it("via names routers by node or by address", () => {
    const { expectations, contradictions } = read({
      from: "host01/web",
      to: "host02/web",
      outcome: "ok",
      via: ["host01", "10.240.1.1", "host02"],
    });
    expect(contradictions).toEqual([]);
    expect(expectations.map(({ id, expected }) => [id, expected.hops])).toEqual([
      ["icmp host01/web -> host02/web", undefined],
      ["path host01/web -> host02/web", ["192.168.20.1", "10.240.1.1", "10.240.2.2"]],
    ]);
  });

  it("from many at once", () => {
    const ids = (from: string) =>
      read({ from, to: "host01/db", outcome: "ok" }).expectations.map(({ from: one }) => one);
    expect(ids("*")).toEqual(["host01/web", "host02/web", "host02/db"]);
    expect(ids("host02/*")).toEqual(["host02/web", "host02/db"]);
    expect(ids("host02")).toEqual(["host02"]);
  });

  it("to an address, a bridge, a closed port", () => {
    const { expectations, contradictions, problems } = read(
      { from: "host01/web", to: "198.51.100.7", outcome: "no-route" },
      { from: "host01/web", to: "host02:cbr0", outcome: "ok" },
      { from: "host01/web", to: "host02/web", protocol: "tcp", port: 22, outcome: "refused" },
    );
    expect([contradictions, problems]).toEqual([[], []]);
    expect(expectations.map(({ kind, address }) => `${kind} ${address}`)).toEqual([
      "icmp 198.51.100.7",
      "icmp 192.168.30.1",
      "tcp-closed 192.168.30.2",
    ]);
  });
});

describe("what the lab as configured will not do is told, with the reason", () => {
  it.each<[string, ExpectSpec, RegExp]>([
    [
      "outcome",
      { from: "host01/web", to: "host02/web", outcome: "timeout" },
      /^expects outcome timeout of icmp host01\/web -> host02\/web, but the lab as configured gives ok$/,
    ],
    [
      "sourceSeen",
      { from: "host01/web", to: "host02/web", port: 8080, outcome: "ok", sourceSeen: "10.240.1.2" },
      /^expects sourceSeen 10\.240\.1\.2 .* gives 192\.168\.20\.2$/,
    ],
    ["ttl", { from: "host01/web", to: "host02/web", outcome: "ok", ttl: 63 }, /^expects ttl 63 .* gives 61$/],
    [
      "via",
      { from: "host01/web", to: "host02/web", outcome: "ok", via: ["host01", "host02"] },
      /^expects hops 192\.168\.20\.1, 10\.240\.2\.2 .* gives 192\.168\.20\.1, 10\.240\.1\.1, 10\.240\.2\.2$/,
    ],
    [
      "an answer where the port is closed",
      { from: "host01/web", to: "host02/web", port: 22, outcome: "ok" },
      /^expects outcome ok .* gives refused$/,
    ],
  ])("%s", (_, entry, message) => {
    const { contradictions, expectations } = read({ from: "host01/db", to: "host02/db", outcome: "ok" }, entry);
    expect(contradictions).toHaveLength(1);
    expect(contradictions[0]).toMatchObject({ path: "expect[1]", message: expect.stringMatching(message) });
    // It is probed all the same: the lab may prove the model wrong.
    expect(expectations.map(({ id }) => id)).toContain(contradictions[0]!.id);
  });

  it("where the model's packet ended", () => {
    const cut = { ...plan, netns: withoutRoute(plan.netns, "router", "192.168.30.0/24") };
    const { contradictions } = userExpectations(cut, [{ from: "host01/web", to: "host02/web", outcome: "ok" }]);
    expect(contradictions[0]?.message).toMatch(
      /gives no-route \(arrived at router host01-net and never left it: no route to 192\.168\.30\.2\)$/,
    );
  });
});

describe("what can't be asked is a problem that names place, rule and fix", () => {
  it.each<[string, ExpectSpec, string, RegExp]>([
    [
      "no such source",
      { from: "host03/web", to: "host01", outcome: "ok" },
      "from",
      /nothing a probe can start in; use host01\/web,/,
    ],
    ["no such target", { from: "host01/web", to: "host03", outcome: "ok" }, "to", /in this lab; use host01\/web,/],
    [
      "nobody's address",
      { from: "host01/web", to: "0.0.0.0", outcome: "ok" },
      "to",
      /is nobody's address; use that of/,
    ],
    [
      "a link's address",
      { from: "*", to: "ff02::1", outcome: "ok" },
      "to",
      /on each interface, .*use a global address/,
    ],
    ["no address", { from: "host01/web", to: "1.2.3", outcome: "ok" }, "to", /neither an address/],
    [
      "a port with icmp",
      { from: "host01/web", to: "host01", protocol: "icmp", port: 1, outcome: "ok" },
      "port",
      /leave it out/,
    ],
    ["tcp without a port", { from: "host01/web", to: "host01", protocol: "tcp", outcome: "ok" }, "port", /needs one/],
    [
      "sourceSeen with icmp",
      { from: "host01/web", to: "host01", outcome: "ok", sourceSeen: "10.0.0.1" },
      "sourceSeen",
      /give a tcp port/,
    ],
  ])("%s", (_, entry, field, message) => {
    const { problems, expectations } = read(entry);
    expect(problems).toEqual([{ path: `expect[0].${field}`, message: expect.stringMatching(message) }]);
    expect(expectations).toEqual([]);
  });

  it("two entries that contradict each other", () => {
    const { problems } = read(
      { from: "host01/web", to: "host02/web", outcome: "ok", ttl: 61 },
      { from: "*", to: "host02/web", outcome: "ok", ttl: 62 },
    );
    expect(problems).toEqual([
      { path: "expect[1]", message: expect.stringMatching(/another thing of icmp host01\/web/) },
    ]);
  });

  it("all of them at once", () => {
    expect(
      read({ from: "x", to: "host01", outcome: "ok" }, { from: "host01/web", to: "y", outcome: "ok" }).problems.map(
        ({ path }) => path,
      ),
    ).toEqual(["expect[0].from", "expect[1].to"]);
  });
});
