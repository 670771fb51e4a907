import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { baseImageTag, imagePackages, nodeImageName, REGISTRY_BASE } from "../../../infra/machine/baseImage.ts";
import { bootstrapDebian } from "../../../lab-scripts/setup/bootstrapDebian.ts";
import { baseImageStep } from "../../../lab-scripts/setup/steps/baseImage.ts";
import { contextIn, putCommand, remembered, serve } from "./fakes.ts";

let directory: string;
let server: Server | undefined;
const signal = new AbortController().signal;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-base-"));
  mkdirSync(join(directory, "cache/log"), { recursive: true });
  mkdirSync(join(directory, "lab-scripts/node"), { recursive: true });
  writeFileSync(join(directory, "lab-scripts/node/packages.txt"), "curl # the API\n\nbusybox\n");
  putCommand(directory, "mmdebstrap", "echo 'I: extracting archives...' >&2; echo a tar; exit $BROKEN");
  const docker = `echo "$*" >> '${directory}/calls'
    case "$1" in import) cat > '${directory}/imported'; echo sha256:1 ;; pull) echo '1: Pulling'; ;; esac`;
  putCommand(directory, "docker", docker);
});
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const calls = () => readFileSync(join(directory, "calls"), "utf8").trim().split("\n");

test("a package list has comments and gaps, and only its packages make the key", () => {
  expect(imagePackages("# head\ncurl   # the API\n\n  crun\n")).toEqual(["curl", "crun"]);
  expect(baseImageTag(["a", "b"])).toBe(baseImageTag(["b", "a"]));
  expect(baseImageTag(["a"])).not.toBe(baseImageTag(["b"]));
  expect(baseImageTag(["a"])).toMatch(/^podlab\/base:[0-9a-f]{12}$/);
});

/** An engine that has these images. */
async function engineWith(images: ReadonlySet<string>) {
  const answers: Parameters<typeof serve>[0] = ({ url }) =>
    images.has(decodeURIComponent(url?.split("/")[2] ?? "")) ? { json: {} } : undefined;
  server = (await serve(answers, join(directory, "docker.sock"))).server;
  const context = contextIn(directory);
  context.env.DOCKER_HOST = `unix://${join(directory, "docker.sock")}`;
  return context;
}

test("the image is there when the engine has ours or the registry's", async () => {
  const images = new Set<string>();
  const context = await engineWith(images);
  expect(await baseImageStep.detect(context)).toBeUndefined();
  images.add(REGISTRY_BASE);
  expect(await baseImageStep.detect(context)).toEqual({ image: REGISTRY_BASE });
  images.add(baseImageTag(["curl", "busybox"]));
  expect(await baseImageStep.detect(context)).toEqual({ image: baseImageTag(["curl", "busybox"]) });
});

test("it is not needed where the engine has the node image that was built from it, which an archive brings", async () => {
  const images = new Set<string>();
  const context = await engineWith(images);
  context.env.PODLAB_NODE_IMAGE = "/some/node-image.tar.gz";
  const way = await baseImageStep.plan(context);
  await expect(way.run(remembered(), signal)).rejects.toThrow(/has no node image of this version of podlab/);
  images.add(nodeImageName(REGISTRY_BASE));
  expect(await way.run(remembered(), signal)).toEqual({ image: REGISTRY_BASE });
  expect(calls()).toEqual(Array(2).fill("load --input /some/node-image.tar.gz"));
  putCommand(directory, "docker", "echo no such file >&2; exit 1");
  await expect(way.run(remembered(), signal)).rejects.toThrow(/PODLAB_NODE_IMAGE names that file\):\nno such file/);
});

test("the registry's is told by its digest: a tag may be another image tomorrow", () => {
  expect(REGISTRY_BASE).toMatch(/^debian@sha256:[0-9a-f]{64}$/);
});

test("is pulled where the registry answers", async () => {
  const progress = remembered();
  const way = await baseImageStep.plan(contextIn(directory));
  expect(await way.run(progress, signal)).toEqual({ image: REGISTRY_BASE });
  expect(progress.notes).toEqual([`took docker pull ${REGISTRY_BASE}`]);
  expect(calls()).toEqual([`pull ${REGISTRY_BASE}`]);
});

const image = { tag: "podlab/base:1", packages: ["curl", "crun"], sources: ["deb x trixie main"] };

test("is piped from mmdebstrap into the engine, labelled, and named at the end", async () => {
  const headings: string[] = [];
  await bootstrapDebian(image, contextIn(directory), signal, (heading) => headings.push(heading));
  expect(readFileSync(join(directory, "imported"), "utf8")).toBe("a tar\n");
  expect(calls()[0]).toContain("import --change LABEL dev.podlab.role=base");
  expect(calls()[1]).toBe("tag sha256:1 podlab/base:1");
  expect(headings).toEqual(["extracting archives"]);
});

test("a root file system that was cut short is never named, and its image is removed", async () => {
  const context = contextIn(directory);
  context.env.BROKEN = "9";
  await expect(bootstrapDebian(image, context, signal, () => {})).rejects.toThrow(/mmdebstrap failed \(exit 9\)/);
  expect(calls().map((call) => call.split(" ")[0])).toEqual(["import", "image"]);
});
