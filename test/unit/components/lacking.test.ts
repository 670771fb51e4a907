import { expect, test } from "vitest";
import { lackedBy } from "../../../infra/components/lacking.ts";
import { unitDigest } from "../../../infra/components/scripts.ts";
import type { Observed } from "../../../infra/machine/observe.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const spec = { hosts: 2, podsPerHost: 2 };
const { nodes } = planLab(readLab(spec, "lack"));
const [router, host01] = ["router", "host01"].map((name) => nodes.find((node) => node.name === name)!);

interface Machine {
  /** Units that nobody applied. */
  readonly without?: readonly string[];
  /** What is seen of others, in place of what is planned. */
  readonly seen?: Readonly<Record<string, Partial<Observed>>>;
  readonly silent?: boolean;
  readonly trouble?: string;
}

function lacking({ without = [], seen = {}, silent = false, trouble }: Machine, node = host01!) {
  const units = new Map<string, Observed>(
    nodes.flatMap(({ name, units }) =>
      units.map((unit) => [`${name}/${unit.name}`, { generation: 1, digest: unitDigest(unit) }] as const),
    ),
  );
  for (const [name, more] of Object.entries(seen))
    units.set(name, { generation: 1, digest: "", ...units.get(name), ...more });
  for (const name of without) units.delete(name);
  const answered = new Set(silent ? [] : nodes.map(({ name }) => name));
  const condition = new Map(trouble === undefined ? [] : [[trouble, "wanted this, found that"]]);
  return lackedBy(node, { units, answered, silent: new Set() }, condition)?.map(({ name }) => name);
}

test("nothing, where all is there as planned", () => {
  expect(lacking({})).toEqual([]);
});

test("what is new to it, in its order; what others lack is theirs", () => {
  expect(lacking({ without: ["host01/pod-pod2", "host01/masquerade", "host02/pod-pod1"] })).toEqual([
    "masquerade",
    "pod-pod2",
  ]);
});

test("the router's record tells of every change, and stands in no one's way", () => {
  const record = { "router/record": { digest: "another" } };
  expect(lacking({ seen: record, without: ["router/route-192.168.1.0-24"] }, router)).toHaveLength(1);
});

test.each<readonly [string, Machine]>([
  ["a unit that drifted", { seen: { "host01/masquerade": { drift: "wanted a, found b" } } }],
  ["a unit with another text", { seen: { "host01/engine": { digest: "another" } } }],
  ["a unit that the plan has not", { seen: { "host01/pod-old": {} } }],
  ["a node that does not answer", { silent: true }],
  ["a node that is paused", { trouble: "host01" }],
  ["a node that is not plugged in", { trouble: "host01/host01-net" }],
])("nobody knows with %s: that comes first", (_, machine) => {
  expect(lacking({ ...machine, without: ["host01/pod-pod2"] })).toBeUndefined();
});

test("what is wrong with others is theirs", () => {
  const seen = { "host02/masquerade": { drift: "wanted a, found b" } };
  expect(lacking({ seen, trouble: "host02", without: ["host01/pod-pod2"] })).toEqual(["pod-pod2"]);
});
