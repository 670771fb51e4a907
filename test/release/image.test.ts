/** The image with everything inside: on a machine without a network, whose engine has no other image, it builds a lab, checks and removes it. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../lab-scripts/release/image.ts";
import { folderOf, own } from "../lab/ownership.ts";
import { PrivateEngine } from "../lab/privateEngine.ts";

const NAME = "test-image";
const IMAGE = "podlab:test-image";
const folder = join(folderOf(NAME), "lab");

let lock: Awaited<ReturnType<typeof own>>;
let engine: PrivateEngine;

beforeAll(async () => {
  lock = await own(NAME);
  await buildImage(IMAGE);
  engine = await PrivateEngine.create(NAME);
  await engine.bring(IMAGE);
  mkdirSync(folder);
}, 600_000);

afterAll(async () => {
  await engine?.remove();
  await execa("docker", ["image", "rm", IMAGE], { reject: false });
  lock?.release();
});

/** As docs/ci.md says, and without a network. */
const podlab = (...args: string[]) => {
  const mounts = ["--volume", "/run/engine.sock:/var/run/docker.sock", "--volume", `${folder}:/lab`];
  return engine.run("docker", "run", "--rm", "--network", "none", ...mounts, IMAGE, "podlab", ...args);
};

test("a lab is built, checked and removed", async () => {
  const started = await podlab("start");
  expect(started.exitCode, started.all).toBe(0);
  expect(started.all).toContain("docker load --input /opt/podlab/node-image.tar.gz");
  const { summary } = JSON.parse(readFileSync(join(folder, ".podlab/report/routed/report.json"), "utf8"));
  expect(summary.total).toBeGreaterThan(100);
  expect(summary.passed).toBe(summary.total);
  const checked = await podlab("check");
  expect(checked.exitCode, checked.all).toBe(0);
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(stopped.all).toMatch(/4 containers, 3 networks/);
});
