import { expect, test } from "vitest";
import { provisioningOf, pulumiEvent } from "../../../lab-scripts/lab/pulumiEvent.ts";
import { junitXml } from "../../../lab-scripts/verify/report/junit.ts";
import { report } from "../verify/fixtures.ts";

const OUTPUT = `Updating (routed):
 +  pulumi:pulumi:Stack podlab-routed creating (0s)
 +  podlab:index:Lab routed created (0.1s)
 +  docker:index:Network host01-net creating (0s)
 +  docker:index:Network host01-net created (2s)
 +  command:local:Command host01-bridge-cbr0 created (0.50s)
 +  docker:index:RemoteImage node created (1m2s)
 +  command:local:Command host01-pod-web **creating failed** error: exit status 1: no such image
 +  command:local:Command verification created (3s)
Diagnostics:
`;

test("what was made, in which time, and what failed and why", () => {
  expect(provisioningOf(OUTPUT, 70_000)).toEqual({
    durationMs: 70_000,
    steps: [
      { name: "host01-net", durationMs: 2_000 },
      { name: "host01-bridge-cbr0", durationMs: 500 },
      { name: "node", durationMs: 62_000 },
      { name: "host01-pod-web", durationMs: 0, error: "exit status 1: no such image" },
    ],
  });
});

test("a suite of its own in junit.xml, with its errors", () => {
  const xml = junitXml({ ...report([]), provisioning: provisioningOf(OUTPUT, 70_000) });
  expect(xml).toContain('<testsuite name="provisioning" tests="4" failures="0" errors="1"');
  expect(xml).toContain('<error message="exit status 1: no such image"/>');
});

test("what is no event is none", () => {
  expect(pulumiEvent("Resources:")).toBeUndefined();
  expect(pulumiEvent("    + 12 created")).toBeUndefined();
});
