/** The components under Pulumi's mocks: which resources a plan becomes, and what they depend on. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import { NOTHING_SEEN } from "../../infra/machine/observe.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";

const NOTHING_THERE = { containers: [], networks: [] };
const made: { type: string; name: string; inputs: Record<string, unknown> }[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      made.push({ type, name, inputs });
      return { id: `${name}-id`, state: inputs };
    },
    call: () => ({}),
  });
  const { Lab } = await import("../../infra/components/lab.ts");
  const spec = { hosts: 2, podsPerHost: 1 };
  const observed = {
    ...NOTHING_SEEN,
    units: new Map([
      ["host01/masquerade", { generation: 4, digest: "", drift: "wanted a, found b" }],
      ["host02/masquerade", { generation: 3, digest: "" }],
    ]),
  };
  const lab = new Lab({
    plan: planLab(readLab(spec, "mock")),
    baseImage: "debian:trixie-slim",
    hasNodeImage: true,
    inventory: NOTHING_THERE,
    inTheWay: NOTHING_THERE,
    observed,
  });
  await new Promise((resolve) => lab.verified.apply(resolve));
});

const named = (name: string) => made.find((one) => one.name === name && !one.type.startsWith("podlab:"))!;
const ofType = (type: string) => made.filter((one) => one.type === type).map(({ name }) => name);

test("outside are docker resources: segments, nodes, one image", () => {
  expect(ofType("docker:index/network:Network")).toEqual(["internet-net", "host01-net", "host02-net"]);
  expect(ofType("docker:index/container:Container")).toEqual(["internet", "router", "host01", "host02"]);
  expect(ofType("docker:index/remoteImage:RemoteImage")).toEqual([expect.stringMatching(/^node-image-[0-9a-f]{12}$/)]);
});

test("an image that is there is not built again; one from another base is another resource", async () => {
  const { declareNodeImage } = await import("../../infra/components/nodeImage.ts");
  const [there] = ofType("docker:index/remoteImage:RemoteImage");
  expect(named(there!).inputs).not.toHaveProperty("build");
  const name = declareNodeImage(
    "podlab/base:other",
    false,
    new pulumi.ComponentResource("podlab:test:Parent", "parent"),
  );
  await new Promise((resolve) => pulumi.output(name).apply(resolve));
  const other = ofType("docker:index/remoteImage:RemoteImage").at(-1)!;
  expect(other).not.toBe(there);
  expect(named(other).inputs.build).toMatchObject({ buildArgs: { BASE: "podlab/base:other" } });
});

test("everything carries the lab's labels", () => {
  for (const { name, type, inputs } of made) {
    if (!/:(Network|Container)$/.test(type)) continue;
    expect(inputs.labels, name).toContainEqual({ label: "dev.podlab.lab", value: "mock" });
  }
});

test("no node is privileged, mounts anything of the machine or publishes a port", () => {
  for (const name of ofType("docker:index/container:Container")) {
    const { inputs } = named(name);
    expect(inputs.privileged, name).toBeUndefined();
    expect(inputs.ports, name).toBeUndefined();
    expect(inputs.mounts, name).toBeUndefined();
    expect(
      ((inputs.volumes as object[]) ?? []).filter((volume) => "hostPath" in volume),
      name,
    ).toEqual([]);
  }
});

test("no segment has an address of the machine", () => {
  for (const name of ofType("docker:index/network:Network")) {
    expect(named(name).inputs.options, name).toEqual({
      "com.docker.network.bridge.inhibit_ipv4": "true",
      "com.docker.network.bridge.enable_ip_masquerade": "false",
    });
  }
});

test("inside is a Command for each unit, at the generation that was seen", () => {
  const generation = (name: string) => (named(name).inputs.environment as Record<string, string>).GENERATION;
  expect(generation("host01-masquerade")).toBe("4");
  expect(generation("host02-masquerade")).toBe("3");
  expect(generation("host01-pod-pod1")).toBe("1");
});

test("a unit of a node that was made anew is applied again: the container's id is among its inputs", () => {
  expect((named("host01-engine").inputs.environment as Record<string, string>).NODE_ID).toBe("host01-id");
});

test("the verification is made again when a generation changes", async () => {
  const { Lab } = await import("../../infra/components/lab.ts");
  const before = (named("verification").inputs.environment as Record<string, string>).GENERATIONS;
  made.length = 0;
  const spec = { hosts: 2, podsPerHost: 1 };
  const lab = new Lab({
    plan: planLab(readLab(spec, "mock")),
    baseImage: "debian:trixie-slim",
    hasNodeImage: true,
    inventory: NOTHING_THERE,
    inTheWay: NOTHING_THERE,
    observed: NOTHING_SEEN,
  });
  await new Promise((resolve) => lab.verified.apply(resolve));
  expect((named("verification").inputs.environment as Record<string, string>).GENERATIONS).not.toBe(before);
});
