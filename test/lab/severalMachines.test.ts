/** The lab of examples/several-machines on two Docker engines that are joined as a Swarm. `npm run test:machines` does more with three. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import { Fleet } from "../engines/fleet.ts";

const STACK = "test-several";
const EXAMPLE = join(ROOT, "examples/several-machines/several.yaml");
const { machines: _, ...LAB } = parse(readFileSync(EXAMPLE, "utf8")).config["podlab:lab"];

let fleet: Fleet;
let before: readonly string[];
beforeAll(async () => {
  fleet = await Fleet.create(2);
  await fleet.configure(STACK, LAB);
  before = await fleet.traces();
});
afterAll(() => fleet?.remove());

const podlab = async (code: number, ...args: readonly string[]) => {
  const { exitCode, all } = await fleet.podlab(...args);
  expect(exitCode, all).toBe(code);
  return all;
};

test("hosts are spread over the machines, and every check passes", async () => {
  const said = await podlab(0, "start", STACK);
  expect(said).toMatch(/^on the first machine: internet, router, host01\non machine two: host02$/m);
  expect(await fleet.nodes(STACK)).toEqual(
    new Map([
      [`${STACK}.internet`, expect.stringMatching(/^one /)],
      [`${STACK}.router`, expect.stringMatching(/^one /)],
      [`${STACK}.host01`, expect.stringMatching(/^one /)],
      [`${STACK}.host02`, expect.stringMatching(/^two /)],
    ]),
  );
  expect(await podlab(0, "start", STACK)).toContain("nothing to do");
  const walked = await podlab(0, "walk", "host01/pod1", "host02/pod1");
  expect(walked).toContain("goes to machine two in a VXLAN packet of Docker Swarm (UDP port 4789, 134 bytes)");
});

test("another MTU makes the networks anew, and leaves the nodes", async () => {
  const nodes = await fleet.nodes(STACK);
  await fleet.configure(STACK, { ...LAB, mtu: 1400 });
  expect(await podlab(0, "start", STACK)).toContain("replaced host02-net");
  expect(await fleet.nodes(STACK)).toEqual(nodes);
  expect(await podlab(0, "start", STACK)).toContain("nothing to do");
});

test("a fault on another machine is done, told and undone", async () => {
  await podlab(0, "fault", "machine-away", "two");
  expect(await podlab(1, "check", STACK)).not.toContain("nothing gets through between");
  expect(await podlab(0, "fault", "heal", STACK)).toContain("host02: undid fault machine-away two");
});

test("what keeps machines apart is named before all probes have waited", async () => {
  const rule = ["INPUT", "-p", "udp", "--dport", "4789", "-j", "DROP"];
  await fleet.machines[1]!.inside("iptables", "-I", ...rule);
  try {
    const said = await podlab(1, "check", STACK);
    expect(said).toMatch(/nothing gets through between the first machine and two: .*; open UDP port 4789 \(VXLAN\)/);
  } finally {
    await fleet.machines[1]!.inside("iptables", "-D", ...rule);
  }
});

test("with a machine that can't be reached nothing is changed, and stop says what stays", async () => {
  await fleet.cable(1, "down");
  expect(await podlab(2, "start", STACK)).toMatch(
    /machine two: the Docker engine at tcp:\S+ (can't be asked|gave no answer)/,
  );
  expect(await podlab(3, "stop", STACK, "--skip-machine", "tow")).toContain("is not on a machine tow; it may be two");
  const stopped = await podlab(0, "stop", STACK, "--skip-machine", "two");
  expect(stopped).toContain("machine two was not asked: host02 and the networks to them stay");
  await fleet.cable(1, "up");
  expect(await podlab(0, "stop", STACK)).toContain("1 containers, 1 networks and 1 volumes removed");
  expect((await fleet.traces()).sort()).toEqual(before.toSorted());
});
