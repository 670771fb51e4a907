/** What is wrong with a lab as seen from the machine: nodes paused or unplugged, and what stands in the way of a run. */
import { describe, expect, test } from "vitest";
import { conditionOf } from "../../../infra/machine/condition.ts";
import { inTheWay } from "../../../infra/machine/inTheWay.ts";
import type { Inventory } from "../../../infra/machine/inventory.ts";
import { NOTHING_SEEN } from "../../../infra/machine/observe.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const spec = { hosts: 2, podsPerHost: 1, segmentPool: "10.240.0.0/16", internet: { subnet: "203.0.113.0/24" } };
const plan = planLab(readLab(spec, "lab"));

/** The plan's lab, up and well. */
function healthy(): { containers: Inventory["containers"][number][]; networks: Inventory["networks"][number][] } {
  return {
    containers: plan.nodes.map(({ container }) => ({
      id: `id-${container}`,
      name: container,
      lab: "lab",
      role: "host",
      state: "running",
    })),
    networks: plan.segments.map(({ name, network, subnet, router }) => ({
      id: `id-${network}`,
      name: network,
      lab: "lab",
      role: "segment",
      subnets: [subnet],
      plugged: new Map([
        ["lab.router", router],
        ...plan.nodes.flatMap((node): [string, string][] =>
          node.segment === name && node.role !== "router" ? [[node.container, node.address]] : [],
        ),
      ]),
    })),
  };
}

const seen = (...without: string[]) => ({
  ...NOTHING_SEEN,
  answered: new Set(plan.nodes.map(({ name }) => name)),
  units: new Map(
    plan.nodes
      .filter(({ name }) => !without.includes(name))
      .flatMap((node) =>
        node.units.map((unit) => [`${node.name}/${unit.name}`, { generation: 1, digest: "" }] as const),
      ),
  ),
});

const unplug = (found: ReturnType<typeof healthy>, network: string, node: string) =>
  (found.networks.find(({ name }) => name === network)!.plugged as Map<string, string>).delete(node);

describe("condition", () => {
  test("of a healthy lab: nothing to say", () => {
    expect([...conditionOf(plan, healthy())]).toEqual([]);
  });

  test("a paused node", () => {
    const found = healthy();
    Object.assign(found.containers[2]!, { state: "paused" });
    expect([...conditionOf(plan, found)]).toEqual([["host01", "wanted lab.host01 running, found it paused"]]);
  });

  test("a node off its segment, or there with another address", () => {
    const found = healthy();
    unplug(found, "lab.host01-net", "lab.host01");
    (found.networks[2]!.plugged as Map<string, string>).set("lab.host02", "10.240.2.9");
    expect([...conditionOf(plan, found)]).toEqual([
      ["host01/host01-net", "wanted lab.host01 on lab.host01-net at 10.240.1.2, found it not plugged in"],
      ["host02/host02-net", "wanted lab.host02 on lab.host02-net at 10.240.2.2, found it at 10.240.2.9"],
    ]);
  });

  test("the router is on every segment", () => {
    const found = healthy();
    unplug(found, "lab.host02-net", "lab.router");
    expect([...conditionOf(plan, found).keys()]).toEqual(["router/host02-net"]);
  });

  test("a node that does not run is the provider's to see", () => {
    const found = healthy();
    Object.assign(found.containers[3]!, { state: "exited" });
    unplug(found, "lab.host02-net", "lab.host02");
    expect([...conditionOf(plan, found)]).toEqual([]);
  });
});

describe("in the way", () => {
  const names = (lab: typeof plan, found: Inventory, saw: typeof NOTHING_SEEN, unnoted = false) => {
    const { containers, networks } = inTheWay(lab, found, saw, unnoted);
    return [...containers, ...networks].map(({ name }) => name);
  };

  test("all of the lab and nothing else, when a first run was killed", () => {
    const found = healthy();
    const [one] = found.containers;
    found.containers.push({ ...one!, id: "other", name: "other.host01", lab: "other" });
    const all = [...healthy().containers, ...healthy().networks].map(({ name }) => name);
    expect(names(plan, found, seen(), true)).toEqual(all);
  });

  test("nothing of a healthy lab, nor of one that stands half", () => {
    expect(names(plan, healthy(), seen())).toEqual([]);
    const half = healthy();
    half.containers.pop();
    unplug(half, "lab.host02-net", "lab.host02");
    expect(names(plan, half, seen())).toEqual([]);
  });

  test("a node that was never given a unit, or never started", () => {
    expect(names(plan, healthy(), seen("host02"))).toEqual(["lab.host02"]);
    const found = healthy();
    Object.assign(found.containers[1]!, { state: "created" });
    expect(names(plan, found, seen())).toEqual(["lab.router"]);
  });

  test("a segment on which no node is, or that somebody else made", () => {
    const found = healthy();
    unplug(found, "lab.host02-net", "lab.host02");
    unplug(found, "lab.host02-net", "lab.router");
    Object.assign(found.networks[1]!, { role: "" });
    expect(names(plan, found, seen())).toEqual(["lab.host01-net", "lab.host02-net"]);
  });

  test("a segment of another plan on a subnet of this one", () => {
    const found = healthy();
    found.networks.push({ ...found.networks[1]!, name: "lab.old-net" });
    found.networks.push({ ...found.networks[1]!, name: "lab.far-net", subnets: ["10.9.9.0/24"] });
    expect(names(plan, found, seen())).toEqual(["lab.old-net"]);
  });

  test("never what is without the lab's label", () => {
    const found = healthy();
    const others = {
      containers: found.containers.map((one) => ({ ...one, lab: "", state: "created" })),
      networks: found.networks.map((one) => ({ ...one, lab: "other", role: "", plugged: new Map() })),
    };
    expect(names(plan, others, seen("host01", "host02", "router", "internet"))).toEqual([]);
  });
});
