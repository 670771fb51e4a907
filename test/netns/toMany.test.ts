/** Addresses that mean the sender itself, or many: loopback, broadcast, multicast, as the model has them and as Linux does. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ModelExpectation } from "../../infra/expect/expectation.ts";
import type { PairKind } from "../../infra/expect/result.ts";
import { Network } from "../../infra/packet/network.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { verify } from "../../lab-scripts/lab/verify.ts";
import { onThisMachine } from "./agent.ts";
import { PlannedLab } from "./planned.ts";

const hosts = ["192.168.20.0/24", "192.168.30.0/24"].map((podSubnet, at) => ({
  name: `host0${at + 1}`,
  podSubnet,
  pods: [{ name: "web" }, { name: "db" }],
}));
const services = [
  { name: "near", ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }], endpoints: ["host01/db"] },
  { name: "far", ports: [{ protocol: "UDP", port: 81, targetPort: 8080, nodePort: 30_081 }], endpoints: ["host02/db"] },
];
const plan = planLab(readLab({ hosts, services, ipv6: true }, "netns"));
const lab = new PlannedLab(plan);
const network = new Network(plan.netns);
beforeAll(() => lab.build());
afterAll(() => lab.remove());

const ADDRESSES = [
  ...["127.0.0.1", "127.0.0.5", "127.255.255.255", "::1"],
  ...["192.168.20.255", "192.168.30.255", "10.240.1.255", "10.240.2.255", "203.0.113.255", "255.255.255.255"],
  ...["224.0.0.1", "239.1.2.3"],
];
const ASKED: readonly (readonly [PairKind, number?])[] = [
  ["icmp"],
  ["tcp", 8080],
  ["tcp-closed", 1],
  ["udp", 8080],
  ["udp-closed", 1],
  ["tcp", 30_080],
  ["udp", 30_081],
  ["path"],
  ["mtu"],
];

test.each(["host01/web", "host01", "router", "internet"])("from %s", async (netns) => {
  const { node: host } = plan.netns.find(({ id }) => id === netns)!;
  const target = (address: string) => ({ name: address, address, listeners: [] });
  const control = new ModelExpectation(
    network,
    "icmp",
    { netns, host },
    target(netns === "router" ? "10.240.1.2" : "203.0.113.1"),
  );
  const asked = ADDRESSES.flatMap((address) =>
    ASKED.map(([kind, port]) => new ModelExpectation(network, kind, { netns, host }, target(address), port)),
  );
  const options = { readyFile: null, nodeExec: onThisMachine, netnsLocator: lab.netnsLocator };
  const { checks } = await verify(plan, [control, ...asked], options);
  const differing = checks
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ id, expected, observed }) => `${id}: ${JSON.stringify(expected)} / ${JSON.stringify(observed)}`);
  expect(differing).toEqual([]);
});
