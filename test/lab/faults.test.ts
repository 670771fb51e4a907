/** Every fault on a real lab: the kernel does what the model's side says, pair by pair, and healing undoes all of it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectations } from "../../infra/expect/expectations.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { expectedUnder } from "../../lab-scripts/faults/expected.ts";
import { aim } from "../../lab-scripts/faults/faults.ts";
import { heal, inject } from "../../lab-scripts/faults/inject.ts";
import { loadPlan } from "../../lab-scripts/lab/loadPlan.ts";
import { verify } from "../../lab-scripts/lab/verify.ts";
import { TestLab } from "./harness.ts";

const NAME = "test-faults";
const spec = {
  segmentPool: "10.239.0.0/16",
  internet: { subnet: "198.18.239.0/27" },
  hosts: [
    { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }, { name: "db" }] },
    { name: "host02", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }] },
  ],
};

let lab: TestLab;
let plan: LabPlan;

beforeAll(async () => {
  lab = await TestLab.create(NAME, spec);
  await lab.up();
  plan = await loadPlan(NAME);
});

afterAll(async () => {
  expect(await lab?.remove()).toEqual([]);
});

/** What differs from the expectations, once the lab has settled. */
async function differences(of: LabPlan, wanted: ReturnType<typeof expectations>["expectations"]) {
  const { checks } = await verify(of, wanted, { convergeWithinMs: 30_000 });
  return checks
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ id, reason, expected, observed }) => ({ id, reason, expected, observed }));
}

const healthy = () => differences(plan, expectations(plan).expectations);

test.each([
  "link-down host02",
  "bridge-down host01",
  "mtu host02 1400",
  "mtu router 1300",
  "route-withdraw 192.168.30.0/24",
  "route-withdraw default host01",
  "forwarding-off router",
  "nat-flush router",
  "drop router 192.168.30.0/24",
  "reject host02 192.168.30.2",
  "partition host01 host02",
  "host-stop host02",
  "engine-kill host01",
  "container-restart host01/web:app",
  "pause-kill host01/web",
])("%s", async (text) => {
  const words = text.split(" ");
  const fault = aim(plan, words);
  await inject(plan, words, fault);
  const expected = expectedUnder(fault, plan);
  expect(await differences(expected.plan, expected.expectations)).toEqual([]);
  await heal(NAME);
  expect(await healthy()).toEqual([]);
});

test("faults on top of each other are all undone, and healing twice does nothing more", async () => {
  for (const text of [
    "loss router 30",
    "rate host01 1mbit",
    "mtu host01 1400",
    "mtu host01 1300",
    "partition host01 host02",
  ]) {
    const words = text.split(" ");
    await inject(plan, words, aim(plan, words));
  }
  const { done } = await heal(NAME);
  expect(done.filter((line) => line.includes("undid"))).toEqual(
    expect.arrayContaining(["router: undid fault loss router 30", "host01: undid fault mtu host01 1400"]),
  );
  expect(await healthy()).toEqual([]);
  expect(await lab.in("router", "iptables-save | grep -c podlab-fault || true")).toBe("0");
  expect(await lab.in("host01", "tc qdisc show dev eth0")).not.toContain("tbf");
  expect(await heal(NAME)).toEqual({ started: [], done: [] });
});
