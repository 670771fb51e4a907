/** Verification from end to end: the article's lab in namespaces, the model's expectations, and what is broken on purpose. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { expectedUnder } from "../../lab-scripts/faults/expected.ts";
import { aim } from "../../lab-scripts/faults/faults.ts";
import { type VerifyOptions, verify } from "../../lab-scripts/lab/verify.ts";
import { exitCodeOf } from "../../lab-scripts/report/report.ts";
import type { Report } from "../../lab-scripts/report/schema.ts";
import { onThisMachine } from "./agent.ts";
import { PlannedLab } from "./planned.ts";

const hosts = ["192.168.20.0/24", "192.168.30.0/24"].map((podSubnet, at) => ({
  name: `host0${at + 1}`,
  podSubnet,
  pods: [{ name: "web" }, { name: "db" }],
}));
const plan = planLab(readLab({ hosts }, "netns"));
const lab = new PlannedLab(plan);
// Facts are read off an engine, and there is none here.
const computed = expectations(plan).expectations.filter(({ kind }) => kind !== "fact");
const undo: (() => void)[] = [];

beforeAll(() => lab.build());
afterAll(() => lab.remove());
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

function check(options: VerifyOptions = {}, wanted = computed, as = plan): Promise<Report> {
  return verify(as, wanted, { readyFile: null, nodeExec: onThisMachine, netnsLocator: lab.netnsLocator, ...options });
}

function change(where: string, command: string, back: string): void {
  lab.in(where, command);
  undo.push(() => lab.in(where, back));
}

const open = ({ checks }: Report) => checks.filter(({ verdict }) => verdict !== "pass");
const reasons = (report: Report) => open(report).map(({ id, reason }) => `${id}: ${reason}`);

test("a healthy lab is as the model says, in every check", async () => {
  const report = await check();
  expect(reasons(report)).toEqual([]);
  expect(report.summary.total).toBeGreaterThan(80);
  expect(exitCodeOf(report)).toBe(0);
  expect(report.durationMs).toBeLessThan(3_000);
});

describe("what is broken is found, with its reason, and nothing else is accused", () => {
  test("a route withdrawn from the router", async () => {
    const host02 = plan.nodes.find(({ name }) => name === "host02")!.address;
    change("router", "ip route del 192.168.30.0/24", `ip route add 192.168.30.0/24 via ${host02}`);
    const report = await check();
    const touches = (name: string) => name === "host02/web" || name === "host02/db" || name === "host02:cbr0";
    expect(open(report).length).toBeGreaterThan(0);
    for (const one of open(report)) expect(touches(one.from) || touches(one.to), one.id).toBe(true);
    expect(exitCodeOf(report)).toBe(1);
    // When all ask at once, what host01/web answers to host02's pods may use up what the router tells it (icmpRateLimit.ts).
    const alone = await check({}, [computed.find(({ id }) => id === "icmp host01/web -> host02/web")!]);
    expect(open(alone)).toMatchObject([{ observed: { outcome: "no-route" } }]);
    expect(reasons(alone)[0]).toMatch(/: router \(.*\) has no route to 192\.168\.30\.2/);
  });

  test("a masquerade too many", async () => {
    const rule = "POSTROUTING -s 192.168.20.0/24 -d 192.168.30.2 -j MASQUERADE";
    change("host01", `iptables -t nat -I ${rule}`, `iptables -t nat -D ${rule}`);
    const report = await check();
    expect(new Set(open(report).map(({ to, kind }) => `${kind} ${to}`))).toEqual(
      new Set(["tcp host02/web", "udp host02/web"]),
    );
    expect(reasons(report)[0]).toMatch(
      /it saw host01 \(.*\) instead of host01\/\w+ \(.*\): something on the way masquerades$/,
    );
  });

  test("a pod off its bridge: its own checks fail, and its silence proves nothing", async () => {
    undo.push(() => lab.in("host01/web", "ip route replace default via 192.168.20.1")); // it goes with the link
    change("host01/web", "ip link set dev eth0 down", "ip link set dev eth0 up");
    const report = await check();
    for (const { from, to } of open(report)) expect([from, to]).toContain("host01/web");
    expect(report.summary.errors).toBe(0);
    expect(open(report).filter(({ from }) => from === "host01/web").length).toBeGreaterThan(5);
  });
});

describe("a route that is missing as expected", () => {
  const fault = ["route-withdraw", "192.168.30.0/24", "router"];
  const { plan: broken, expectations: all } = expectedUnder(aim(plan, fault), plan);
  const expected = all.filter(({ from, to, kind }) => kind !== "fact" && from === "host01/web" && to === "host02/web");
  beforeEach(() => {
    const { address } = plan.nodes.find(({ name }) => name === "host02")!;
    change("router", "ip route del 192.168.30.0/24", `ip route add 192.168.30.0/24 via ${address}`);
  });

  test("is told of by the router to every probe, though it tells a sender little", async () => {
    expect(expected.filter(({ expected: { outcome } }) => outcome === "no-route").length).toBeGreaterThan(6);
    expect(reasons(await check({}, expected, broken))).toEqual([]);
  });

  test("is no excuse for a probe that a filter swallows", async () => {
    const drop = "FORWARD -p tcp --dport 8080 -j DROP";
    change("host01", `iptables -I ${drop}`, `iptables -D ${drop}`);
    expect(reasons(await check({}, expected, broken))).toEqual([
      "tcp host01/web -> host02/web:8080: host01/web heard nothing from host02/web (192.168.30.2) TCP port 8080, " +
        "where no-route was expected: something drops without a word",
    ]);
  });
});

describe("an expected silence", () => {
  const silent = computed
    .filter(({ id }) => id === "icmp host01/web -> host02/web")
    .map((one) => ({ ...one, expected: { outcome: "timeout" } as const }));
  const drop = "FORWARD -s 192.168.20.2 -d 192.168.30.2 -j DROP";

  test("passes when the source is heard elsewhere, and takes the stated time", async () => {
    change("router", `iptables -I ${drop}`, `iptables -D ${drop}`);
    const report = await check({}, silent);
    expect(reasons(report)).toEqual([]);
    expect(report.durationMs).toBeGreaterThanOrEqual(report.silenceMs);
  });

  test("fails when the source is heard nowhere", async () => {
    const all = "OUTPUT -p icmp -j DROP";
    change("host01/web", `iptables -I ${all}`, `iptables -D ${all}`);
    const report = await check({}, silent);
    expect(reasons(report)[0]).toContain("it proves nothing: no control probe from host01/web was answered");
    expect(exitCodeOf(report)).toBe(1);
  });

  test("fails when an answer comes", async () => {
    expect(reasons(await check({}, silent))[0]).toContain("nothing stops the packet");
  });
});

test("a lab that heals while it converges passes, and says how long it took", async () => {
  const drop = "FORWARD -d 192.168.30.0/24 -j DROP";
  lab.in("router", `iptables -I ${drop}`);
  const healed = setTimeout(() => lab.in("router", `iptables -D ${drop}`), 1_000);
  const report = await check(
    { convergeWithinMs: 20_000, patience: { answer: 300 } },
    computed.filter(({ kind }) => kind === "icmp"),
  );
  clearTimeout(healed);
  expect(reasons(report)).toEqual([]);
  expect(report.convergedAfterMs).toBeGreaterThan(900);
});
