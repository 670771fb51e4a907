/** The agent of a node, in network namespaces: its tests are Python's (test/agent), as it is. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const TESTS = new URL("../agent/", import.meta.url).pathname;

test.each(["apply", "damage", "limits"])("%s", { timeout: 180_000 }, (name) => {
  const { status, stderr } = spawnSync(
    "python3",
    ["-W", "error", "-m", "unittest", "discover", "-s", TESTS, "-p", `test_${name}.py`],
    {
      encoding: "utf8",
    },
  );
  expect(stderr).toMatch(/\nOK\n$/);
  expect(status).toBe(0);
});
