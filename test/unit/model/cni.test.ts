/** The kind cni: other units, and to a packet the very same lab. */
import { expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const hosts = [
  { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web", address: "192.168.20.7" }, { name: "db" }] },
  { name: "host02", podSubnet: "192.168.30.0/24" },
];
const planned = (network: string) => planLab(readLab({ network, hosts }, "test"));
const cni = planned("cni");
const host01 = cni.nodes.find(({ name }) => name === "host01")!;
const unit = (name: string) => host01.units.find((one) => one.name === name)!;

test("no packet can tell it from the routed lab", () => {
  expect(cni.netns).toEqual(planned("routed").netns);
});

test("pause has no network of the engine's, and the plugins are asked for the plan's address", () => {
  expect(unit("pod-web").spec).toMatchObject({ NETWORK: "none", ADDRESS: "" });
  expect(unit("engine").spec).toMatchObject({ BRIDGE: "" });
  expect(unit("cni-web").spec).toEqual({
    POD: "web",
    PAUSE: "web.pause",
    ADDRESS: "192.168.20.7",
    MAC: "02:42:c0:a8:14:07",
  });
});

test("a pod is wired when it is there, and the list before it", () => {
  const order = ["cni-list", "pod-web", "cni-web"].map((name) => host01.units.findIndex((one) => one.name === name));
  expect(order).toEqual(order.toSorted((one, other) => one - other));
});

test("the config list is one that a runtime takes: bridge, with host-local on the host's own subnet, and portmap", () => {
  expect(JSON.parse(unit("cni-list").spec.LIST!)).toMatchObject({
    cniVersion: "1.0.0",
    name: "podlab",
    plugins: [
      {
        type: "bridge",
        bridge: "cbr0",
        ipam: { type: "host-local", ranges: [[{ subnet: "192.168.20.0/24", gateway: "192.168.20.1" }]] },
      },
      { type: "portmap" },
    ],
  });
});

test("the bridge keeps its MAC address, which the plugin's CHECK compares; of other kinds the kernel chooses", () => {
  expect(unit("bridge-cbr0").spec.MAC).toBe("02:42:c0:a8:14:01");
  const routed = planned("routed").nodes.find(({ name }) => name === "host01")!;
  expect(routed.units.find(({ kind }) => kind === "bridge")!.spec.MAC).toBe("");
});
