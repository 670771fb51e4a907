/** Captures of a lab that is as its plan says, made from the model; tests then alter what one of them saw or holds. */
import type { Expectation } from "../../../infra/expect/check.ts";
import type { Hop } from "../../../infra/packet/hop.ts";
import type { Netns } from "../../../infra/packet/netns.ts";
import { Network } from "../../../infra/packet/network.ts";
import {
  type KernelRoute,
  type KernelState,
  type Link,
  type NodeEvents,
  noEvents,
  type Role,
  type Sighting,
} from "../../../lab-scripts/diagnose/events.ts";
import type { MachineFirewall } from "../../../lab-scripts/diagnose/machine/firewall.ts";
import { Scene } from "../../../lab-scripts/diagnose/scene.ts";
import { type Trial, trialsOf } from "../../../lab-scripts/diagnose/shot.ts";
import { articlePlan, expectation } from "../verify/fixtures.ts";

export const plan = articlePlan();
const network = new Network(plan.netns);

export function trialOf(changes: Partial<Expectation> = {}, observed = "timeout"): Trial {
  const check = {
    expectation: expectation({ kind: "icmp", ...changes }),
    observed: { outcome: observed as "timeout" },
    verdict: "fail" as const,
    reason: "",
  };
  return trialsOf(network, [check])[0]!;
}

export interface Changes {
  /** Sightings of the question and of the answer that are left. */
  readonly question?: number;
  readonly answer?: number;
  readonly see?: (sighting: Sighting) => Sighting;
  readonly kernel?: (state: KernelState) => KernelState;
  readonly events?: (events: NodeEvents) => void;
}

export function sceneOf(trial: Trial, changes: Changes = {}, machine?: MachineFirewall): Scene {
  const { walk, shots } = trial;
  let clock = 1_700_000_000_000_000_000n;
  const seen = shots.flatMap(({ shot }) => {
    const role: Role = walk.reply[0]?.message === "error" ? "error" : "answer";
    const ways = [
      ...walk.forward.slice(0, changes.question).map((hop) => ["question", hop] as const),
      ...walk.reply.slice(0, changes.answer).map((hop) => [role, hop] as const),
    ];
    return ways.map(([one, hop]) => {
      clock += 1000n;
      const sighting = sightingOf(shot, one, hop, String(clock));
      return changes.see?.(sighting) ?? sighting;
    });
  });
  const events = plan.nodes.map(({ name }) => {
    const said = noEvents(name);
    const inside = plan.netns.filter(({ node }) => node === name);
    said.kernels.push(...inside.map((netns) => changes.kernel?.(stateOf(netns)) ?? stateOf(netns)));
    said.seen.push(...seen.filter(({ netns }) => inside.some(({ id }) => id === netns)));
    changes.events?.(said);
    return said;
  });
  return new Scene(plan, events, machine);
}

function sightingOf(shot: number, role: Role, hop: Hop, at: string): Sighting {
  const { netns, direction, protocol, message, source, destination, ttl, size } = hop;
  const macs = { toMac: "02:00:00:00:00:01", fromMac: "02:00:00:00:00:01" };
  return {
    shot,
    role,
    netns,
    dev: hop.interface,
    direction,
    at,
    protocol,
    message,
    source,
    destination,
    ttl,
    size,
    ...macs,
  };
}

function stateOf(netns: Netns): KernelState {
  const links = netns.interfaces.map(({ name, addresses, mtu }, at): Link => {
    const addr_info = addresses.map((cidr) => ({ family: "inet", local: cidr.split("/")[0]!, prefixlen: 24 }));
    return {
      ifindex: at + 2,
      ifname: name,
      flags: ["UP"],
      mtu,
      address: "02:00:00:00:00:01",
      addr_info,
      link_index: 100 + number(netns),
    };
  });
  const ports = plan.netns.filter(({ role, node }) => role === "pod" && node === netns.id);
  const ends = ports.map(
    (pod): Link => ({
      ifindex: 100 + number(pod),
      ifname: `veth${number(pod)}`,
      flags: ["UP"],
      mtu: 1500,
      master: "cbr0",
      addr_info: [],
    }),
  );
  const connected = netns.interfaces.map(({ name, addresses }): KernelRoute => {
    const [address = ""] = addresses;
    return { dst: address.replace(/\.\d+\//, ".0/"), dev: name };
  });
  const routes = netns.routes.map(
    ({ destination, via, dev }): KernelRoute => ({
      dst: destination === "0.0.0.0/0" ? "default" : destination,
      ...(via ? { gateway: via } : {}),
      ...(dev ? { dev } : {}),
    }),
  );
  const addresses = plan.netns.flatMap(({ interfaces }) => interfaces.flatMap((one) => one.addresses));
  return {
    netns: netns.id,
    links: [...links, ...ends],
    routes: [...connected, ...routes],
    policies: [],
    queues: [],
    neighbours: addresses.map((cidr) => ({
      dst: cidr.split("/")[0]!,
      dev: "any",
      lladdr: "02:00:00:00:00:01",
      state: ["REACHABLE"],
    })),
    settings: { ip_forward: "1", icmp_echo_ignore_all: "0" },
    listening: netns.listeners.map(({ protocol, port }) => `${protocol} ${port}`),
    rules: { before: "", after: "" },
  };
}

function number({ id }: Netns): number {
  return plan.netns.findIndex((one) => one.id === id);
}
