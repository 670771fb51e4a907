import { describe, expect, test } from "vitest";
import { nodeStateSchema } from "../../../infra/plan/nodeState.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { stackNames } from "../../../lab-scripts/lab/project.ts";
import { stackLab } from "../../../lab-scripts/lab/stackSpec.ts";

const plan = (spec: object) => planLab(readLab(spec, "routed"));
const TWO = {
  hosts: [
    { name: "host01", podSubnet: "192.168.20.0/24" },
    { name: "host02", podSubnet: "192.168.30.0/24" },
  ],
  podsPerHost: 1,
};

describe("the article's lab", () => {
  const lab = plan(TWO);

  test("has a router that knows whose each pod subnet is", () => {
    expect(lab.netns.find(({ id }) => id === "router")!.routes).toEqual([
      { destination: "192.168.20.0/24", via: "10.240.1.2", dev: "host01-net" },
      { destination: "192.168.30.0/24", via: "10.240.2.2", dev: "host02-net" },
    ]);
  });

  test("has a bridge with the first address of the pod subnet in each host", () => {
    const bridges = lab.netns.flatMap(({ interfaces }) => interfaces.filter(({ kind }) => kind === "bridge"));
    expect(bridges.map(({ addresses }) => addresses)).toEqual([["192.168.20.1/24"], ["192.168.30.1/24"]]);
  });

  test("gives every namespace a name of its own", () => {
    const ids = lab.netns.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a change", () => {
  test("of one host's pods touches no other node", () => {
    const before = plan({ hosts: [{ name: "a" }, { name: "b", pods: [] }] });
    const after = plan({ hosts: [{ name: "a" }, { name: "b", pods: [{ name: "web" }] }] });
    const [was, is] = [nodeStates(before), nodeStates(after)];
    const changed = [...is].filter(([name, state]) => JSON.stringify(state) !== JSON.stringify(was.get(name)));
    expect(changed.map(([name]) => name)).toEqual(["b"]);
    expect({ ...changed[0]![1], pods: {} }).toEqual(was.get("b"));
  });

  test("of a host's segment touches that host and the router's route to its pods", () => {
    const [was, is] = ["10.240.9.0/24", "10.240.10.0/24"].map((segment) =>
      nodeStates(plan({ hosts: [{ name: "a" }, { name: "b", segment }] })),
    );
    const changed = [...is!].filter(([name, state]) => JSON.stringify(state) !== JSON.stringify(was!.get(name)));
    expect(changed.map(([name]) => name)).toEqual(["router", "b"]);
    expect(is!.get("router")!.kernel.routes["192.168.2.0/24"]).toEqual({ via: "10.240.10.2", dev: "b-net" });
  });
});

test.each(stackNames())("every node's state in stack %s, written as JSON, is one by the schema", (stack) => {
  for (const state of nodeStates(stackLab(stack).plan).values()) {
    expect(nodeStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  }
});

describe("text of the user's", () => {
  test("reaches a container as it is, whatever a shell would make of it", () => {
    const word = `it's $(touch x); "a" \`b\` \\`;
    const spec = {
      hosts: 1,
      podsPerHost: 1,
      containers: [{ name: "app", image: "x", command: ["echo", word], env: { A: word } }],
    };
    const { web } = nodeStates(plan({ ...spec, hosts: [{ name: "a", pods: [{ name: "web" }] }] })).get("a")!.pods;
    expect(web!.containers["web.app"]).toEqual({ image: "x", command: ["echo", word], args: [], env: { A: word } });
  });
});
