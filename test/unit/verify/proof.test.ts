import { expect, test } from "vitest";
import {
  changedSince,
  keptWays,
  type LabState,
  PROOF_VERSION,
  type Proof,
  waysOf,
} from "../../../lab-scripts/verify/proof.ts";

const now: LabState = {
  program: "p1",
  mended: "",
  parts: { router: "r", host01: "a", host02: "b", "host01/web": "w", "host02/web": "x" },
  planned: {},
};
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

test.each<readonly [string, Record<string, string>, string[]]>([
  ["a node with another fingerprint, and a new one", { host02: "c", host03: "d" }, ["host02", "host03"]],
  ["a pod that is new, and nothing else of its host", { "host01/api": "y" }, ["host01/api"]],
  ["with a pod that was there its host, for what came through both", { "host01/web": "y" }, ["host01/web", "host01"]],
])("changed: %s", (_, parts, changed) => {
  expect(changedSince(proof, { ...now, parts: { ...now.parts, ...parts } })).toEqual(new Set(changed));
});

test("a pod that is gone is a change: should it come back, it is another one", () => {
  const { "host02/web": _, ...parts } = now.parts;
  expect(changedSince(proof, { ...now, parts })).toEqual(new Set(["host02/web"]));
});

test.each<readonly [string, Partial<LabState>]>([
  ["another program expects other things", { program: "p2" }],
  ["of a node that was mended nobody knows what it did meanwhile", { mended: "2026-01-02" }],
  [
    "whatever came through a node that is gone goes elsewhere now",
    { parts: { router: "r", host01: "a", "host01/web": "w" } },
  ],
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
