/** The kind cni: pods are plugged in otherwise, and to a packet it is the very same lab. */
import { expect, test } from "vitest";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const hosts = [
  { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web", address: "192.168.20.7" }, { name: "db" }] },
  { name: "host02", podSubnet: "192.168.30.0/24" },
];
const planned = (network: string) => planLab(readLab({ network, hosts }, "test"));
const cni = planned("cni");
const host01 = nodeStates(cni).get("host01")!;

test("no packet can tell it from the routed lab", () => {
  expect(cni.netns).toEqual(planned("routed").netns);
});

test("the engine has no network for pods, and the plugins are asked for the plan's address", () => {
  expect(host01.engine).toEqual({ images: {} });
  expect(host01.pods.web).toMatchObject({ address: "192.168.20.7", cni: { mac: "02:42:c0:a8:14:07" } });
});

test("the config list is one that a runtime takes: bridge, with host-local on the host's own subnet, and portmap", () => {
  expect(host01.files["/etc/cni/net.d/10-podlab.conflist"]).toMatchObject({
    json: {
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
    },
  });
});

test("the bridge keeps its MAC address, which the plugin's CHECK compares and pods' neighbour tables have", () => {
  for (const states of [nodeStates(cni), nodeStates(planned("routed"))]) {
    expect(states.get("host01")!.kernel.interfaces.cbr0!.mac).toBe("02:42:c0:a8:14:01");
  }
});
