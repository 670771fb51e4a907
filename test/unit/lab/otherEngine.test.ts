import { expect, test } from "vitest";
import { refuseOtherEngine } from "../../../lab-scripts/lab/pulumiStack.ts";

test("a stack that was built on another engine is refused, with the ways out", () => {
  expect(() => refuseOtherEngine("routed", "ENGINE-A", "ENGINE-B")).toThrow(
    /^nothing of stack routed is on the Docker engine at .*: it was built on another one\. Name that by DOCKER_HOST or .*stack rm --force/,
  );
});

test("one that was built on this engine, or never as a whole, is not", () => {
  expect(() => refuseOtherEngine("routed", "ENGINE-A", "ENGINE-A")).not.toThrow();
  expect(() => refuseOtherEngine("routed", undefined, "ENGINE-A")).not.toThrow();
});
