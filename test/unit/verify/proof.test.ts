import { expect, test } from "vitest";
import {
  changedSince,
  keptWays,
  type LabState,
  PROOF_VERSION,
  type Proof,
  waysOf,
} from "../../../lab-scripts/verify/proof.ts";

const now: LabState = { program: "p1", mended: "", nodes: { router: "r", host01: "a", host02: "b" }, planned: {} };
const proof: Proof = {
  version: PROOF_VERSION,
  ...now,
  wholeAt: "2026-01-01T00:00:00.000Z",
  total: 10,
  leftOut: [],
  ways: {},
};

test("nothing changed", () => {
  expect(changedSince(proof, now)).toEqual(new Set());
});

test("a node with another fingerprint, and a new one", () => {
  const nodes = { ...now.nodes, host02: "c", host03: "d" };
  expect(changedSince(proof, { ...now, nodes })).toEqual(new Set(["host02", "host03"]));
});

test.each<readonly [string, Partial<LabState>]>([
  ["another program expects other things", { program: "p2" }],
  ["of a node that was mended nobody knows what it did meanwhile", { mended: "2026-01-02" }],
  ["whatever came through a node that is gone goes elsewhere now", { nodes: { router: "r", host01: "a" } }],
])("a proof is worth nothing: %s", (_, changed) => {
  expect(changedSince(proof, { ...now, ...changed })).toBeUndefined();
});

test("ways are kept by the nodes that packets come through, and come back by pair", () => {
  const ways = new Map([
    ["host01/a -> host02/b", new Set(["router", "host01", "host02"])],
    ["host02/b -> host01/a", new Set(["host02", "router", "host01"])],
    ["host01/a -> host01/c", new Set(["host01"])],
  ]);
  const kept = keptWays(ways);
  expect(Object.keys(kept).sort()).toEqual(["host01", "host01 host02 router"]);
  expect(waysOf({ ...proof, ways: JSON.parse(JSON.stringify(kept)) })).toEqual(ways);
});
