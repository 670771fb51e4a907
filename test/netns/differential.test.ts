/** The model against the kernel, in short: every difference that was ever found, and a few random labs. */
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { campaign } from "../differential/campaign.ts";
import type { NamedCase } from "../differential/cases/case.ts";
import { compare } from "../differential/compare.ts";
import { dualStack } from "../differential/dualStack.ts";
import { demandNamespaces } from "../differential/machine.ts";
import { repair } from "../differential/repair.ts";
import { story } from "../differential/story.ts";
import type { Topology } from "../differential/topology.ts";
import { sweep } from "./leftovers.ts";

const folder = new URL("../differential/cases/", import.meta.url);
const files = readdirSync(folder).filter((name) => name !== "case.ts");
const cases: NamedCase[] = (await Promise.all(files.map((name) => import(new URL(name, folder).href)))).flatMap(
  (module) => module.cases,
);

beforeAll(() => {
  demandNamespaces();
  sweep();
});

describe("what once differed", () => {
  test.concurrent.each(cases)("$name", async ({ topology, asks }) => {
    const { differences } = await compare(topology, { asks });
    expect(differences.length === 0 ? "" : story(topology, differences)).toBe("");
  });
});

test("ten random labs", async () => {
  const { failures, labs } = await campaign({ seed: 20, count: 10, shrinkFor: 0 });
  expect(failures).toEqual([]);
  expect(labs).toBe(10);
});

test("six random labs of both families", async () => {
  const { failures, labs } = await campaign({ seed: 6, count: 6, shrinkFor: 0, among: dualStack });
  expect(failures).toEqual([]);
  expect(labs).toBe(6);
});

test.each([
  ["six", 7, undefined],
  ["six of both families", 8, dualStack],
])("%s random labs that were damaged: agents tell where, and repair them", async (_, seed, among) => {
  const options = { seed, count: 6, shrinkFor: 0, comparing: repair };
  const { failures, labs } = await campaign(among ? { ...options, among } : options);
  expect(failures).toEqual([]);
  expect(labs).toBe(6);
});

test("a kernel that does something else than the model was told is caught", async () => {
  const host = (name: string, podSubnet: string) => ({ name, podSubnet, pods: [{ name: "web" }] });
  const hosts = [host("host01", "192.168.20.0/24"), host("host02", "192.168.30.0/24")];
  const told: Topology = { spec: { hosts }, edits: [] };
  const drop = { chain: "FORWARD", match: { destination: "192.168.30.2", protocol: "udp" }, action: "drop" } as const;
  const built: Topology = { ...told, edits: [{ at: "router", do: "filter", rule: drop }] };
  const asks = ["icmp", "udp-closed"].flatMap((kind) =>
    ["host01", "host02"].map((to) => `${kind} router -> ${to}/web${kind === "icmp" ? "" : ":1"}`),
  );
  const through = ["tcp host01/web -> host02/web:8080", "udp host01/web -> host02/web:8080"];
  const { differences } = await compare(told, { built, asks: [...asks, ...through] });
  expect(differences.map(({ expectation }) => expectation.id)).toEqual(["udp host01/web -> host02/web:8080"]);
});
