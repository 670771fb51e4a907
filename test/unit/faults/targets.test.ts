/** What a fault is given: refused before anything is done, with what would do. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { Failure } from "../../../lab-scripts/exit.ts";
import { aim, FAULTS } from "../../../lab-scripts/faults/faults.ts";
import { noteText } from "../../../lab-scripts/faults/inject.ts";
import { articlePlan } from "../verify/fixtures.ts";

const plan = articlePlan();
const speaking = planLab(readLab({ network: "bgp", hosts: 2 }, "test"));
const overlay = planLab(
  readLab({ network: "overlay", hosts: 2, services: [{ name: "web", ports: [{ port: 80 }] }] }, "test"),
);

const spread = planLab(
  readLab({ machines: [{ name: "one" }, { name: "two", host: "ssh://me@two" }], hosts: 2 }, "test"),
);

test.each([
  ["nonsense", /is no fault; it may be link-down, .*, or heal/],
  ["link-down", "is written as: link-down HOST"],
  ["link-down host01 now", "is written as: link-down HOST"],
  ["link-down router", '"router" is no host of lab test; it may be host01, host02'],
  ["link-down $(reboot)", '"$(reboot)" is no host'],
  ["mtu host01 100", "give a number from 576 to 1500"],
  ["mtu host01 9000", "give a number from 576 to 1500"],
  ["mtu host01:eth9 1400", 'host01 has no interface "eth9"; it may be eth0, cbr0'],
  ["route-withdraw 10.0.0.0/8", "router has no route to 10.0.0.0/8; it may be 192.168.20.0/24, 192.168.30.0/24"],
  ["route-withdraw default host9", '"host9" is no node that would do; it may be internet, router, host01, host02'],
  ["drop router 192.168.30", "write 192.168.30.0/24 or 192.168.30.2"],
  ["drop internet 192.168.30.0/24", "it may be router, host01, host02"],
  ["partition host01 host01", "can't be cut off from itself"],
  ["nat-flush internet", "it may be router, host01, host02"],
  ["stale-fdb host01 host02", "use a lab of network overlay"],
  ["bgp-down host01", "speaks no BGP; use a lab of network bgp"],
  ["bridge-netfilter-off host01", "use a lab with services or policies"],
  ["loss router 101", "give a number from 0.1 to 100"],
  ["loss router all", "give a number from 0.1 to 100"],
  ["rate host01 fast", "write it as 500kbit, 10mbit or 1gbit"],
  ["rate host01 1bit", "choose 8kbit or more"],
  ["container-restart host01/web:pause", "is for pause-kill; it may be app, sidecar"],
  ["container-restart host01/web:db", 'host01/web has no container "db"; it may be app, sidecar'],
  ["machine-away two", '"two" is no machine but the first; there is none'],
  ["pause-kill host01", "it may be host01/web, host01/db, host02/web, host02/db"],
])("%s", (text, said) => {
  const attempt = () => aim(plan, text.split(" "));
  expect(attempt).toThrow(said);
  expect(attempt).toThrow(Failure);
  try {
    attempt();
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 3 });
  }
});

test("a subnet is told however it is written", () => {
  expect(aim(plan, ["drop", "router", "192.168.30.2"]).acts).toMatchObject([
    { inject: [expect.stringContaining("-d 192.168.30.2/32")] },
  ]);
});

const GOOD: Readonly<Record<string, string>> = {
  "link-down": "host01",
  "bridge-down": "host01",
  "bridge-netfilter-off": "host01",
  mtu: "router:host01-net 1400",
  "route-withdraw": "default host01",
  "forwarding-off": "router",
  "nat-flush": "host01",
  drop: "router 192.168.30.0/24",
  reject: "host02 192.168.30.2",
  partition: "host01 host02",
  "stale-fdb": "host01 host02",
  "bgp-down": "host01",
  loss: "router 30",
  rate: "host01 1mbit",
  "machine-away": "two",
  "trunk-mtu": "two 1300",
  "host-stop": "host02",
  "engine-kill": "host01",
  "container-restart": "host01/pod1",
  "container-kill": "host01/pod1:sidecar",
  "pause-kill": "host01/pod1",
};

test.each(FAULTS.map(({ name }) => name))("%s is shell that a node can read", (name) => {
  const words = [name, ...GOOD[name]!.split(" ")];
  const fault = aim(name === "bgp-down" ? speaking : /machine|trunk/.test(name) ? spread : overlay, words);
  expect(fault.acts.length).toBeGreaterThan(0);
  for (const act of fault.acts) {
    if ("stop" in act) continue;
    execFileSync("sh", ["-n"], { input: noteText(words, act) });
  }
});
