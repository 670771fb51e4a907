/** The leak test's own: what is new is told, what belongs to others is not. */
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { leftBehind, type MachineState, RUN_MARK } from "../../machineState.ts";

const state = (things: Record<string, string[]>, accountedFor: string[] = []): MachineState => ({
  things: new Map(Object.entries(things).map(([kind, list]) => [kind, new Set(list)])),
  accountedFor: new Set(accountedFor),
});

test("nothing new, nothing told; what went is no leak", () => {
  const before = state({ container: ["a"], interface: ["lo", "veth1"] });
  expect(leftBehind(before, before)).toEqual([]);
  expect(leftBehind(before, state({ container: [], interface: ["lo"] }))).toEqual([]);
});

test("each thing that is new is named with its kind", () => {
  const before = state({ container: [], volume: [], route: ["default via 192.0.2.1 dev eth0"] });
  const after = state({
    container: ["test-x.host01"],
    volume: ["abc"],
    route: ["default via 192.0.2.1 dev eth0", "10.9.0.0/24 dev br-0123456789ab scope link"],
  });
  expect(leftBehind(before, after)).toEqual([
    "container test-x.host01",
    "volume abc",
    "route 10.9.0.0/24 dev br-0123456789ab scope link",
  ]);
});

test("bridges, ports, routes and rules of networks that are there are their owners'", () => {
  const after = state(
    {
      interface: ["br-aaaaaaaaaaaa", "veth9", "br-bbbbbbbbbbbb"],
      route: ["172.18.0.0/16 dev br-aaaaaaaaaaaa scope link"],
      "firewall rule": ["-A FORWARD -i br-aaaaaaaaaaaa -j ACCEPT", "-A FORWARD -i br-bbbbbbbbbbbb -j ACCEPT"],
    },
    ["br-aaaaaaaaaaaa", "veth9"],
  );
  expect(leftBehind(state({}), after)).toEqual([
    "interface br-bbbbbbbbbbbb",
    "firewall rule -A FORWARD -i br-bbbbbbbbbbbb -j ACCEPT",
  ]);
});

test("a process is told by its mark, and its children inherit it", async () => {
  const { marked } = await import("../../machineState.ts");
  const child = spawn("sh", ["-c", "sleep 30 & wait"], {
    env: { ...process.env, [RUN_MARK]: "unit-test" },
    detached: true,
  });
  try {
    await expect
      .poll(() =>
        marked("unit-test")
          .map((one) => one.replace(/^\d+ /, ""))
          .sort(),
      )
      .toEqual(["sh -c sleep 30 & wait", "sleep 30"]);
  } finally {
    process.kill(-child.pid!, "SIGKILL");
  }
  await expect.poll(() => marked("unit-test")).toEqual([]);
});
