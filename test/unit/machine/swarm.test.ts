/** What keeps a lab from being spread over machines, each with the way out. */
import { expect, test } from "vitest";
import { type Joined, type SwarmInfo, unjoined } from "../../../infra/machine/swarm.ts";

const active = (id: string, more: Partial<SwarmInfo> = {}): SwarmInfo => ({
  Swarm: { NodeID: id, LocalNodeState: "active", ControlAvailable: id === "n1" },
  ...more,
});
const first = (info = active("n1")): Joined => ({ name: "one", machine: undefined, info });
const second = (info = active("n2")): Joined => ({ name: "two", machine: { name: "two", host: "ssh://two" }, info });
const NODES = ["n1", "n2"].map((ID) => ({ ID, Status: { State: "ready" } }));
const inactive = { Swarm: { NodeID: "", LocalNodeState: "inactive" } };

test("machines of one Swarm that are ready will do", () => {
  expect(unjoined([first(), second()], NODES)).toEqual([]);
});

test.each([
  ["no Swarm", [first(inactive), second()], "one is in no Swarm; docker swarm init"],
  [
    "live-restore, which Swarm refuses",
    [first({ ...inactive, LiveRestoreEnabled: true }), second()],
    "one is in no Swarm; turn live-restore off, docker swarm init",
  ],
  [
    "nftables, which Swarm refuses",
    [first(), second({ ...inactive, FirewallBackend: { Driver: "nftables" } })],
    "two is in no Swarm; start dockerd there with --firewall-backend=iptables, docker swarm join-token worker, on one, prints the command for it",
  ],
  ["no manager", [first(active("n9")), second()], "one does not manage its Swarm, as the first machine must"],
  ["another Swarm", [first(), second(active("n7"))], "two is in another Swarm than one"],
  ["the same engine", [first(), second(active("n1"))], "two is the same Docker engine as one; remove one of the two"],
])("%s", (_, joined, said) => {
  expect(unjoined(joined, NODES).join("\n")).toContain(said);
});

test("a node that is down has its ports named, and what Swarm says", () => {
  const down = [NODES[0]!, { ID: "n2", Status: { State: "down", Message: "heartbeat failure" } }];
  expect(unjoined([first(), second()], down)).toEqual([
    "two is down in the Swarm (heartbeat failure); open ports 2377/tcp, 7946/tcp and 7946/udp between the machines, and see docker node ls on one",
  ]);
});
