/** Generations: what makes Pulumi see that a node differs. */
import { expect, test } from "vitest";
import { generationOf, type NodeReport, troubles } from "../../../infra/machine/observe.ts";

const well: NodeReport = {
  version: 2,
  booted: true,
  digest: "a",
  generation: 4,
  faults: [],
  differences: [],
  record: null,
};
const difference = { namespace: "host01/web", subject: "route default", wanted: "via 192.168.20.1", found: "nothing" };

test("a node that is to be made begins at one; one that is as planned keeps its own", () => {
  expect(generationOf(undefined)).toBe(1);
  expect(generationOf(well)).toBe(4);
});

test("one that differs, or has a fault, gets the next", () => {
  expect(generationOf({ ...well, differences: [difference] })).toBe(5);
  expect(generationOf({ ...well, faults: ["link-down host01"] })).toBe(5);
});

test("one that knows nothing, or says nothing, gets one that nobody has had", () => {
  const now = Date.now() / 1000 - 3600;
  expect(generationOf({ ...well, digest: null })).toBeGreaterThan(now);
  expect(generationOf({ ...well, generation: null })).toBeGreaterThan(now);
  expect(generationOf({ silence: "wanted it running, found it paused" })).toBeGreaterThan(now);
});

test("what is wrong is told with wanted and found", () => {
  expect(troubles(undefined)).toEqual([]);
  expect(troubles({ silence: "wanted it running, found it paused" })).toEqual(["wanted it running, found it paused"]);
  expect(troubles({ ...well, faults: ["link-down host01"], differences: [difference] })).toEqual([
    "fault link-down host01 is in force",
    "host01/web: route default: wanted via 192.168.20.1, found nothing",
  ]);
});
