/**
 * Broken by hand in ways that cross what resources see; preview shows it, one plain `pulumi up` leads back. All ways are in
 * recovery/damage.ts: npm run test:faults.
 */
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { tearDown } from "../../lab-scripts/lab/teardown.ts";
import { TestLab } from "./harness.ts";
import { DAMAGE } from "./recovery/damage.ts";
import { recover } from "./recovery/recover.ts";
import { NAME, SPEC } from "./recovery/spec.ts";

let lab: TestLab;

beforeAll(async () => {
  lab = await TestLab.create(NAME, SPEC);
  await lab.up();
});

afterAll(async () => {
  expect(await lab?.remove()).toEqual([]);
});

test.each([
  "app container removed",
  "pod with a wrong address",
  "an INPUT rule",
  "host paused",
  "router off a segment",
  "interface of a host removed behind Docker's back",
  "the host's own engine hangs",
  "host removed",
])("%s", async (name) => {
  const damage = DAMAGE.find((one) => one.name === name)!;
  const { detected, converged, untouched } = await recover(lab, damage);
  expect({ detected, converged, untouched }).toEqual({ detected: true, converged: true, untouched: true });
});

test("a lab in ruins is removed all the same, and the proof says that nothing is left", async () => {
  await lab.in("host01", "docker pause web.app; kill -STOP $(cat /run/docker.pid)");
  await execa("docker", ["kill", `${NAME}.host02`]);
  await execa("docker", ["pause", `${NAME}.router`]);
  const done = await tearDown(() => labObjects(NAME));
  expect(done).toMatchObject({ volumes: 2, left: [], unseen: [] });
  expect([done.objects.containers.length, done.objects.networks.length]).toEqual([4, 3]);
  expect(done.seen).toEqual(["process", "namespace", "interface", "route", "firewall rule"]);
});
