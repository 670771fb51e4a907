import { expect, test } from "vitest";
import { causeOf } from "../../../lab-scripts/lab/notBuilt.ts";

const GB = 1024 ** 3;
const said = (error: string) => `Diagnostics:\n  docker:index/container:Container (host01):\n    error: ${error}\n`;

test.each([
  ["write /var/lib/docker/tmp/x: no space left on device", /^the disk is full or nearly full; free some/],
  ["Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?", /was stopped/],
  ["error during connect: Post http://docker/v1.41/exec/1/start: EOF", /was stopped/],
])("%s", (error, cause) => {
  expect(causeOf(said(error), GB)).toMatch(cause);
});

test("a build that failed says no more than that; a disk that is nearly full is the likely cause", () => {
  const built = said("failed to solve: executor failed running [/bin/sh -c sh /tmp/image/install.sh]: exit code: 1");
  expect(causeOf(built, 3_500_000)).toMatch(/^the disk is full or nearly full; free some/);
  expect(causeOf(built, GB)).toBeUndefined();
  expect(causeOf(built, undefined)).toBeUndefined();
});
