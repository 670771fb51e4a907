import { describe, expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

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

  test("gives every namespace and unit a name of its own", () => {
    const ids = lab.netns.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { units } of lab.nodes) expect(new Set(units.map(({ name }) => name)).size).toBe(units.length);
  });

  test("says in the units what it says in the namespaces", () => {
    const router = lab.nodes.find(({ name }) => name === "router")!;
    const routes = router.units.filter(({ kind }) => kind === "route").map(({ spec }) => [spec.DESTINATION, spec.VIA]);
    expect(routes).toEqual(
      lab.netns.find(({ id }) => id === "router")!.routes.map(({ destination, via }) => [destination, via]),
    );
  });
});

describe("a change", () => {
  test("of one host's pods touches no other node", () => {
    const before = plan({ hosts: [{ name: "a" }, { name: "b", pods: [] }] });
    const after = plan({ hosts: [{ name: "a" }, { name: "b", pods: [{ name: "web" }] }] });
    const changed = after.nodes.filter((node, at) => JSON.stringify(node) !== JSON.stringify(before.nodes[at]));
    // The router keeps the spec, for later checks.
    expect(changed.map(({ name }) => name)).toEqual(["router", "b"]);
    const units = changed[0]!.units.filter(
      (unit, at) => JSON.stringify(unit) !== JSON.stringify(before.nodes[1]!.units[at]),
    );
    expect(units.map(({ name }) => name)).toEqual(["record"]);
  });
});

describe("text of the user's", () => {
  test("reaches a container as it is, whatever a shell would make of it", async () => {
    const word = `it's $(touch x); "a" \`b\` \\`;
    const spec = {
      hosts: 1,
      podsPerHost: 1,
      containers: [{ name: "app", image: "x", command: ["echo", word], env: { A: word } }],
    };
    const unit = plan(spec).nodes[2]!.units.find(({ kind }) => kind === "pod")!;
    const { execFileSync } = await import("node:child_process");
    const said = execFileSync("sh", ["-c", `eval "set -- $ARGS_1"; for word; do printf '%s\\0' "$word"; done`], {
      env: { ARGS_1: unit.spec.ARGS_1 },
      encoding: "utf8",
    });
    expect(said.split("\0").slice(0, -1)).toEqual(["--env", `A=${word}`, "x", "echo", word]);
  });
});
