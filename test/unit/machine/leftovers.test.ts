/** What stands in the way of a lab's next `up`. */
import { expect, test } from "vitest";
import { leftovers, obstacles, suspects } from "../../../infra/machine/leftovers.ts";
import type { NodeReport } from "../../../infra/machine/observe.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { healthy, PLAN } from "./labOnMachine.ts";

const names = ({ containers, networks }: ReturnType<typeof leftovers>) =>
  [...containers, ...networks].map(({ name }) => name);
const all = () => true;
const told: NodeReport = {
  version: 2,
  booted: true,
  digest: "a",
  generation: 1,
  faults: [],
  differences: [],
  record: null,
};
const observed = new Map(PLAN.nodes.map(({ name }) => [name, told]));

test("of a healthy lab whose state knows everything: nothing", () => {
  expect(names(leftovers(PLAN, healthy(), all))).toEqual([]);
  expect(suspects(PLAN, healthy(), observed)).toEqual([]);
});

test("what the state does not know; never what is another lab's", () => {
  const found = healthy();
  found.containers.push({ ...found.containers[0]!, id: "x", name: "other.host01", lab: "other" });
  const known = (id: string) => !["id-lab.host01", "id-lab.host02-net", "x"].includes(id);
  expect(names(leftovers(PLAN, found, known))).toEqual(["lab.host01", "lab.host02-net"]);
});

test("a node that the plan has no more, a network with another subnet, a container that was never started", () => {
  const found = healthy();
  found.containers.push({ ...found.containers[0]!, id: "x", name: "lab.host03" });
  found.networks[0] = { ...found.networks[0]!, subnets: ["203.0.113.0/25"] };
  found.containers[0] = { ...found.containers[0]!, state: "created" };
  expect(names(leftovers(PLAN, found, all))).toEqual(["lab.internet", "lab.host03", "lab.internet-net"]);
});

test("a stopped node whose network is gone: Docker can't start it", () => {
  const found = healthy();
  found.networks.splice(1, 1);
  expect(names(leftovers(PLAN, found, all))).toEqual([]);
  found.containers[2] = { ...found.containers[2]!, state: "exited" };
  expect(names(leftovers(PLAN, found, all))).toEqual(["lab.host01"]);
});

test("what was made by hand, with the lab's label, whether the state is known or not", () => {
  const found = healthy();
  found.networks[1] = { ...found.networks[1]!, id: "by-hand", owner: "" };
  const { name } = found.networks[1];
  expect(names(leftovers(PLAN, found, (id) => id !== "by-hand"))).toEqual([name]);
  expect(obstacles(PLAN, found)).toEqual([`network ${name} was made by hand or by an earlier version`]);
  found.containers[0] = { ...found.containers[0]!, owner: "" };
  expect(obstacles(PLAN, found)).toContain(
    `container ${found.containers[0].name} was made by hand or by an earlier version`,
  );
});

test("without the state: nodes that were never told anything, networks whose subnets are wanted, networks without a node", () => {
  const unTold = new Map([...observed, ["host01", { ...told, digest: null }] as const]);
  expect(suspects(PLAN, healthy(), unTold)).toEqual(["lab.host01"]);
  const renamed = healthy();
  renamed.networks.push({ ...renamed.networks[1]!, id: "x", name: "lab.host09-net" });
  expect(suspects(PLAN, renamed, observed)).toEqual(["lab.host09-net"]);
  const [wanted] = renamed.networks[1]!.subnets;
  expect(obstacles(PLAN, renamed)).toEqual([
    `network lab.host09-net has ${wanted}, which is now for ${renamed.networks[1]!.name}`,
  ]);
  expect(obstacles(PLAN, healthy())).toEqual([]);
  expect(suspects(PLAN, { ...healthy(), containers: [] }, new Map())).toEqual(
    PLAN.segments.map(({ network }) => network),
  );
});

test("an overlay network that a node could not be plugged into: Swarm may not have freed the address", () => {
  const machines = [{ name: "one" }, { name: "two", host: "ssh://two" }];
  const plan = planLab(readLab({ machines, hosts: 2 }, "lab"));
  const found = healthy(undefined, plan);
  expect(names(leftovers(plan, found, all))).toEqual([]);
  for (const one of found.containers)
    one.plugged = new Map([...one.plugged].filter(([id]) => id !== "id-lab_host02-net"));
  expect(names(leftovers(plan, found, all))).toEqual(["lab_host02-net"]);
});
