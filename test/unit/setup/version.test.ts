import { expect, test } from "vitest";
import { runsTypeScript } from "../../../lab-scripts/setup/bootstrap/node.mjs";
import { compareVersions, isAtLeast } from "../../../lab-scripts/setup/version.ts";

test.each([
  ["24.9.0", "24.18.1", -1],
  ["3.259.0", "3.259.0", 0],
  ["v3.259.0", "3.211.0", 1],
  ["1.41", "1.41.0", 0],
  ["go1.26.8", "1.21", 1],
  ["go1.19", "1.21", -1],
  ["20.10.24+dfsg1", "20.10", 1],
  ["1.9", "1.10", -1],
])("%s compared with %s gives %i", (a, b, expected) => {
  expect(compareVersions(a, b)).toBe(expected);
  expect(isAtLeast(a, b)).toBe(expected >= 0);
});

test("words are no version", () => {
  expect(() => compareVersions("devel", "1.0")).toThrow('"devel" is not a version');
});

test.each([
  ["20.20.2", false],
  ["22.17.1", false],
  ["22.18.0", true],
  ["23.5.0", false],
  ["23.6.0", true],
  ["24.0.0", true],
])("Node %s runs TypeScript without a flag: %s", (version, expected) => {
  expect(runsTypeScript(version)).toBe(expected);
});
