/** When `npm start` leaves Pulumi out: any doubt is a no. */
import { expect, test } from "vitest";
import { nodeContainer, segmentNetwork, specOf } from "../../../infra/components/containers.ts";
import { sha256 } from "../../../infra/fingerprint.ts";
import type { NodeReport } from "../../../infra/machine/observe.ts";
import { recordText } from "../../../infra/plan/labRecord.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { readSpec } from "../../../infra/spec/read.ts";
import type { Survey } from "../../../infra/survey.ts";
import { isUnchanged } from "../../../lab-scripts/lab/unchanged.ts";
import { healthy, OWNER, PLAN, pluggedOf, SPEC } from "../machine/labOnMachine.ts";

const image = { name: "podlab/node:1", base: "podlab/base:1", isThere: true, lacking: new Set<string>() };
const maker = { lab: "lab", clone: OWNER, stack: "lab" };
const specs = new Map([
  ...PLAN.nodes.map((node) => [node.container, specOf(nodeContainer(node, image.name, maker))] as const),
  ...PLAN.segments.map((segment) => [segment.network, specOf(segmentNetwork(segment, maker))] as const),
]);
const states = nodeStates(PLAN);
const record = recordText("lab", readSpec(SPEC));

function seen(): Omit<Survey, "observed" | "heldBack"> & {
  heldBack: string[];
  found: ReturnType<typeof healthy>;
  observed: Map<string, NodeReport>;
} {
  const report = (name: string): NodeReport => ({
    version: 2,
    booted: true,
    digest: sha256(JSON.stringify(states.get(name))),
    generation: 1,
    record: name === "router" ? sha256(record) : null,
    faults: [],
    differences: [],
  });
  const observed = new Map(PLAN.nodes.map(({ name }) => [name, report(name)]));
  return { plan: PLAN, states, record, found: healthy(specs), engine: "ABCD", maker, image, observed, heldBack: [] };
}

test("a lab as planned is unchanged", () => {
  expect(isUnchanged(seen())).toBe(true);
});

const change = (name: string, part: Partial<NodeReport>) => (lab: ReturnType<typeof seen>) => {
  lab.observed.set(name, { ...lab.observed.get(name)!, ...part });
};

test.each<[string, (lab: ReturnType<typeof seen>) => void]>([
  ["a node was told another state", change("host01", { digest: "0" })],
  ["a node has not applied all of it", change("router", { generation: null })],
  ["the router keeps no record of the lab", change("router", { record: null })],
  ["a node has not booted", change("host02", { booted: false })],
  ["a fault is in force", change("host01", { faults: ["link-down host01"] })],
  ["a node says nothing", (lab) => void lab.observed.delete("internet")],
  ["a node is missing", (lab) => void lab.found.containers.pop()],
  [
    "there is one that the plan has not",
    ({ found }) => void found.containers.push({ ...found.containers[0]!, name: "lab.x" }),
  ],
  [
    "a node was made from something else",
    ({ found }) => void found.containers.push({ ...found.containers.pop()!, spec: "0" }),
  ],
  ["a segment is missing", (lab) => void lab.found.networks.pop()],
  ["the machine's firewall may hold frames back", (lab) => void lab.heldBack.push("host01-net")],
  ["a cable is unplugged", ({ found }) => void pluggedOf(found, "lab.host01").clear()],
])("not when %s", (_, spoil) => {
  const lab = seen();
  spoil(lab);
  expect(isUnchanged(lab)).toBe(false);
});
