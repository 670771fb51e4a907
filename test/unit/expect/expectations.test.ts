import { describe, expect, it } from "vitest";
import type { CheckKind, Expectation } from "../../../infra/expect/check.ts";
import { expectations } from "../../../infra/expect/expectations.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { resolve } from "../../../infra/spec/resolve.ts";
import type { LabSpec } from "../../../infra/spec/spec.ts";
import { withoutRoute } from "../packet/fixtures.ts";

const article: LabSpec = {
  hosts: [
    { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }, { name: "db" }] },
    { name: "host02", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }, { name: "db" }] },
  ],
};
const planOf = (spec: LabSpec): LabPlan => planLab(resolve(spec, "test"));
const of = (plan: LabPlan) => new Map(expectations(plan).expectations.map((one) => [one.id, one]));

describe("the article's lab", () => {
  const plan = planOf(article);
  const all = of(plan);

  it.each<[string, Expectation["expected"]]>([
    ["icmp host01/web -> host01/db", { outcome: "ok", ttl: 64 }],
    ["icmp host01/web -> host02/web", { outcome: "ok", ttl: 61 }],
    [
      "tcp host01/web -> host02/web:8080",
      { outcome: "ok", ttl: 61, sourceSeen: "192.168.20.2", identity: "host02/web:app" },
    ],
    [
      "tcp host01/web -> host02/web:9090",
      { outcome: "ok", ttl: 61, sourceSeen: "192.168.20.2", identity: "host02/web:sidecar" },
    ],
    ["tcp-closed host01/web -> host02/web:1", { outcome: "refused", ttl: 61 }],
    ["tcp host01/web -> internet:80", { outcome: "ok", ttl: 62, sourceSeen: "203.0.113.1", identity: "internet" }],
    ["icmp host01/web -> host02", { outcome: "ok", ttl: 62 }],
    ["icmp host02/db -> router", { outcome: "ok", ttl: 63 }],
    ["icmp host01 -> host02/web", { outcome: "ok", ttl: 62 }],
    ["tcp host01 -> internet:80", { outcome: "ok", ttl: 63, sourceSeen: "203.0.113.1", identity: "internet" }],
    ["path host01/web -> host02/web", { outcome: "ok", hops: ["192.168.20.1", "10.240.1.1", "10.240.2.2"] }],
    ["mtu host01/web -> host02/web", { outcome: "ok", mtu: 1500 }],
    ["fact addresses host01/web", { outcome: "ok", value: "192.168.20.2" }],
    ["fact network-mode host01/web:sidecar", { outcome: "ok", value: "container:web.pause" }],
    ["fact shares-netns host01/web:app", { outcome: "ok", value: "web.pause" }],
    [
      "tcp host01/web -> host01/web:9090",
      { outcome: "ok", ttl: 64, sourceSeen: "192.168.20.2", identity: "host01/web:sidecar" },
    ],
  ])("%s", (id, expected) => {
    expect(all.get(id)?.expected).toEqual(expected);
  });

  it("has every ordered pair of pods, and every pod and host to every host, the router and the internet", () => {
    const sources = ["host01/web", "host01/db", "host02/web", "host02/db", "host01", "host02"];
    const wanted = sources.flatMap((from) =>
      [...sources, "router", "internet"].filter((to) => to !== from).map((to) => `icmp ${from} -> ${to}`),
    );
    expect([...all.keys()].filter((id) => id.startsWith("icmp ")).sort()).toEqual(wanted.sort());
  });

  it("has no two of one id, and the same from run to run", () => {
    const again = expectations(planOf(article)).expectations;
    expect(again).toEqual(expectations(plan).expectations);
    expect(new Set(again.map(({ id }) => id)).size).toBe(again.length);
  });

  it("asks the router at the address that is nearest to the sender", () => {
    expect(all.get("icmp host01/web -> router")?.address).toBe("10.240.1.1");
    expect(all.get("icmp host02/web -> router")?.address).toBe("10.240.2.1");
  });

  it("says where a fact comes from", () => {
    expect(all.get("fact addresses host01/web")?.origin).toBe("article");
    expect(all.get("tcp host01/web -> host01/web:8080")?.origin).toBe("article");
    expect(all.get("icmp host01/web -> host02/web")?.origin).toBe("model");
  });
});

describe("what the user expects", () => {
  const expecting = (expect: LabSpec["expect"]) => of(planOf({ ...article, expect }));

  it("takes the place of the model's check, and leaves the rest of it to the model", () => {
    const all = expecting([{ from: "*", to: "internet", port: 80, outcome: "ok" }]);
    expect(all.size).toBe(of(planOf(article)).size);
    const { expected, origin } = all.get("tcp host01/web -> internet:80")!;
    expect(origin).toBe("config");
    expect(expected).toEqual({ outcome: "ok", ttl: 62, sourceSeen: "203.0.113.1", identity: "internet" });
  });

  it("is asked beside the model's checks, whatever the limit", () => {
    const plan = planOf({ ...article, expect: [{ from: "host01/web", to: "198.51.100.7", outcome: "no-route" }] });
    const ids = expectations(plan, { limit: 1 }).expectations.map(({ id }) => id);
    expect(ids).toContain("icmp host01/web -> 198.51.100.7");
  });
});

describe("other labs", () => {
  it("a route less: exactly the pairs across it fail, and the error's sender is named", () => {
    const plan = planOf(article);
    const all = of({ ...plan, netns: withoutRoute(plan.netns, "router", "192.168.30.0/24") });
    expect(all.get("icmp host01/web -> host02/web")?.expected).toEqual({ outcome: "no-route", icmpFrom: "10.240.1.1" });
    // The answer is lost there, and its error goes to who answered.
    expect(all.get("icmp host02/web -> host01/web")?.expected).toEqual({ outcome: "timeout" });
    expect(all.get("mtu host01/web -> host02/web")?.expected).toEqual({ outcome: "no-route", icmpFrom: "10.240.1.1" });
    expect(all.get("path host01/web -> host02/web")?.expected).toEqual({
      outcome: "no-route",
      icmpFrom: "10.240.1.1",
      hops: ["192.168.20.1"],
    });
    const failing = [...all.values()].filter(({ kind, expected }) => kind === "icmp" && expected.outcome !== "ok");
    // The internet still hears host02's pods, which their host masquerades.
    expect(new Set(failing.flatMap(({ from, to }) => [from, to]))).not.toContain("internet");
    for (const { from, to } of failing) expect(`${from} ${to}`).toMatch(/host02\//);
  });

  it("a pod whose image is not podlab's tells neither its name nor whom it saw", () => {
    const nginx = { name: "web", containers: [{ name: "app", image: "nginx:1.29", ports: [{ containerPort: 80 }] }] };
    const all = of(planOf({ hosts: [{ name: "host01", pods: [nginx, { name: "db" }] }] }));
    expect(all.get("tcp host01/db -> host01/web:80")?.expected).toEqual({ outcome: "ok", ttl: 64 });
  });

  it("UDP is asked where it is served: the port, and one that is closed", () => {
    const plan = planOf(article);
    const netns = plan.netns.map((one) =>
      one.id === "host02/db" ? { ...one, listeners: [{ protocol: "udp", port: 53, identity: "dns" } as const] } : one,
    );
    const asked = [...of({ ...plan, netns }).values()].filter(
      ({ from, to }) => from === "host01/web" && to === "host02/db",
    );
    expect(asked.map(({ kind }) => kind)).toEqual<CheckKind[]>(["icmp", "tcp-closed", "udp", "udp-closed"]);
    const [, , udp, closed] = asked;
    expect(udp).toMatchObject({
      id: "udp host01/web -> host02/db:53",
      expected: { outcome: "ok", identity: "dns", sourceSeen: "192.168.20.2" },
    });
    expect(closed?.expected).toEqual({ outcome: "refused", icmpFrom: "192.168.30.3" });
  });

  it("the closed port is one that nobody serves", () => {
    const odd = { name: "odd", containers: [{ name: "app", ports: [{ containerPort: 1 }] }] };
    const all = of(planOf({ hosts: [{ name: "host01", pods: [odd, { name: "db" }] }] }));
    expect(all.get("tcp-closed host01/db -> host01/odd:2")?.expected.outcome).toBe("refused");
  });

  it("a host without pods is a source and a target", () => {
    const all = of(
      planOf({
        hosts: [
          { name: "host01", pods: [] },
          { name: "host02", pods: [{ name: "web" }] },
        ],
      }),
    );
    expect(all.get("icmp host01 -> host02/web")?.expected).toEqual({ outcome: "ok", ttl: 62 });
    expect([...all.keys()].some((id) => id.startsWith("path host02/web -> host01"))).toBe(false);
  });
});

describe("a limit", () => {
  const plan = planOf({ hosts: 8, podsPerHost: 4 });
  const whole = expectations(plan);
  const some = expectations(plan, { limit: 2_000 });

  it("is kept to, and what it left out is counted", () => {
    expect(whole.leftOut).toEqual([]);
    expect(some.expectations.length).toBeLessThanOrEqual(2_000);
    const [left] = some.leftOut;
    expect(left!.count).toBe(whole.expectations.length - some.expectations.length);
    expect(left!.reason).toMatch(/limit of 2,000 checks/);
  });

  it("leaves every pair of hosts, and every pod as source and as target", () => {
    const icmp = some.expectations.filter(({ kind }) => kind === "icmp");
    const hostOf = (name: string) => name.split("/")[0];
    const pairs = new Set(icmp.map(({ from, to }) => `${hostOf(from)} ${hostOf(to)}`));
    for (const one of plan.nodes.filter(({ role }) => role === "host")) {
      for (const other of plan.nodes.filter(({ role }) => role === "host"))
        expect(pairs).toContain(`${one.name} ${other.name}`);
    }
    for (const { id } of plan.pods) {
      expect(icmp.map(({ from }) => from)).toContain(id);
      expect(icmp.map(({ to }) => to)).toContain(id);
    }
  });

  it("tries the size of packets with every pod, as source or as target", () => {
    const sized = some.expectations.filter(({ kind }) => kind === "mtu").flatMap(({ from, to }) => [from, to]);
    for (const { id } of plan.pods) expect(sized).toContain(id);
  });

  it("keeps whole what is few: facts, ways, sizes", () => {
    const few = (all: readonly Expectation[]) => all.filter(({ kind }) => ["fact", "path", "mtu"].includes(kind));
    expect(few(some.expectations)).toEqual(few(whole.expectations));
  });

  it("asks every pair by ICMP and TCP before it asks any by more, and each two hosts and each pod by every kind", () => {
    const firstKinds = ({ kind }: Expectation) => kind === "icmp" || kind === "tcp";
    const most = expectations(plan, { limit: 6_000 });
    expect(most.expectations.filter(firstKinds)).toEqual(whole.expectations.filter(firstKinds));
    expect(most.leftOut[0]!.reason).toContain("(tcp-closed, udp, udp-closed of ");
    const hostOf = (name: string) => name.split("/")[0];
    for (const kind of ["tcp-closed", "udp", "udp-closed"]) {
      const asked = most.expectations.filter((one) => one.kind === kind);
      const pairs = (all: readonly Expectation[]) =>
        new Set(all.filter(({ to }) => to.includes("host")).map(({ from, to }) => `${hostOf(from)} ${hostOf(to)}`));
      expect(pairs(asked)).toEqual(pairs(whole.expectations.filter((one) => one.kind === kind)));
    }
  });

  it("is 10,000 by default, and 30,000 for ICMP and TCP", () => {
    const large = planOf({ hosts: 16, podsPerHost: 4 });
    const all = expectations(large, { limit: Number.POSITIVE_INFINITY }).expectations;
    const { expectations: asked, leftOut } = expectations(large);
    const firstKinds = ({ kind }: Expectation) => kind === "icmp" || kind === "tcp";
    expect(asked.filter(firstKinds)).toEqual(all.filter(firstKinds));
    expect(asked.length).toBeGreaterThan(10_000);
    expect(asked.filter((one) => !firstKinds(one)).length).toBeLessThan(3_000);
    expect(leftOut).toEqual([
      {
        reason: expect.stringMatching(/^beyond the limit of 10,000 checks \(tcp-closed, /),
        count: all.length - asked.length,
      },
    ]);
  });

  it("leaves out others in another turn", () => {
    const ids = (turn: number) => new Set(expectations(plan, { limit: 6_000, turn }).expectations.map(({ id }) => id));
    expect(ids(1)).toEqual(ids(1));
    const others = ids(2);
    expect([...ids(1)].filter((id) => !others.has(id)).length).toBeGreaterThan(500);
  });

  it("takes in whatever is wanted", () => {
    const wanted = ({ from, kind }: Pick<Expectation, "from" | "kind">) => from === "host03/pod2" && kind === "udp";
    const asked = expectations(plan, { limit: 2_000, wanted }).expectations;
    expect(asked.filter(wanted)).toEqual(whole.expectations.filter(wanted));
  });

  it("chooses the same every time, and of the whole matrix only", () => {
    expect(expectations(plan, { limit: 2_000 })).toEqual(some);
    const ids = new Set(whole.expectations.map(({ id }) => id));
    for (const { id } of some.expectations) expect(ids).toContain(id);
  });
});
