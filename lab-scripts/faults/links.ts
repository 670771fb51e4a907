/** Faults of interfaces: a pulled cable, a bridge that is down, a link that takes less. */
import type { Interface } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { change, changeInterface, setDown, unplug } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { deviceOf, has, hasIPv6, hostNamed, netnsNamed, nodeNamed, numberBetween, refuse, said } from "./target.ts";

export const linkDown: Fault = {
  name: "link-down",
  about: "take a host's eth0 down, like a cable that is pulled",
  usage: "HOST",
  aim(plan, [target]) {
    const { name: node } = hostNamed(plan, target);
    const uplink = netnsNamed(plan, node).interfaces.find(({ kind }) => kind === "ethernet")!;
    const device = deviceOf(uplink);
    return {
      says: `${node}'s ${uplink.name} is taken down`,
      acts: [{ node, inject: [`ip link set dev ${device} down`], undo: [`ip link set dev ${device} up`] }],
      effect: (healthy) => change(healthy, [node], (netns) => setDown(netns, uplink.name)),
      leavesLink: true,
    };
  },
};

export const bridgeDown: Fault = {
  name: "bridge-down",
  about: "take the bridge of a host's pods down",
  usage: "HOST",
  aim(plan, [target]) {
    const { name: node } = hostNamed(plan, target);
    const bridge = netnsNamed(plan, node).interfaces.find(({ kind }) => kind === "bridge");
    if (!bridge) refuse(`${node} has no bridge; its pods are connected in another way`);
    return {
      says: `${node}'s ${bridge.name} is taken down`,
      acts: [{ node, inject: [`ip link set dev ${bridge.name} down`], undo: [`ip link set dev ${bridge.name} up`] }],
      leavesLink: true,
      // Ports of a bridge that is down pass nothing (br_stp_disable_bridge); what is plugged into them stays up.
      effect: (healthy) =>
        change(
          change(healthy, [node], (netns) => setDown(netns, bridge.name)),
          plugged(healthy, bridge.link),
          (netns) =>
            netns.id === node
              ? netns
              : netns.interfaces
                  .filter(({ link }) => link === bridge.link)
                  .reduce((one, { name }) => unplug(one, name), netns),
        ),
    };
  },
};

export const bridgeNetfilterOff: Fault = {
  name: "bridge-netfilter-off",
  about: "let a host's rules no longer see what its bridge passes from pod to pod (bridge-nf-call-iptables=0)",
  usage: "HOST",
  aim(plan, [target]) {
    const seeing = plan.nodes.filter(({ name }) => netnsNamed(plan, name).bridgeNetfilter);
    if (seeing.length === 0) refuse("no host's rules see what its bridge passes; use a lab with services or policies");
    const { name: node } = nodeNamed(plan, target, seeing);
    const call = (value: number) => `echo ${value} > /proc/sys/net/bridge/bridge-nf-call-iptables`;
    return {
      says: `${node}'s rules see nothing any more of what its bridge passes`,
      acts: [{ node, inject: [call(0)], undo: [call(1)] }],
      effect: (healthy) => change(healthy, [node], ({ bridgeNetfilter: _, ...netns }) => netns),
    };
  },
};

const plugged = (plan: LabPlan, link: string): string[] =>
  plan.netns.filter(({ interfaces }) => interfaces.some((one) => one.link === link)).map(({ id }) => id);

/** The smallest packet that every link must carry: RFC 791 asks IPv4 hosts for 576 bytes, RFC 8200 links for 1280. */
const SMALLEST = { 4: 576, 6: 1280 } as const;

export const mtu: Fault = {
  name: "mtu",
  about: "let a node's links, or one of them, carry smaller packets only",
  usage: "NODE[:INTERFACE] BYTES",
  aim(plan, [target, size]) {
    const [name, wanted] = target?.split(":") ?? [];
    const { name: node } = nodeNamed(plan, name);
    const own = netnsNamed(plan, node).interfaces;
    const links = own.filter((one) => (wanted === undefined ? one.kind === "ethernet" : one.name === wanted));
    if (links.length === 0) refuse(`${node} has no interface ${said(wanted)}; ${has(own)}`);
    const largest = Math.min(...links.map((one) => one.mtu));
    const bytes = numberBetween(size, SMALLEST[links.some(hasIPv6) ? 6 : 4], largest, `MTU of ${node}'s links`);
    if (!Number.isInteger(bytes)) refuse(`${size} is no MTU; give whole bytes`);
    const line = (one: Interface, value: number) => `ip link set dev ${deviceOf(one)} mtu ${value}`;
    const inject = links.map((one) => line(one, bytes));
    const undo = links.map((one) => line(one, one.mtu));
    return {
      says: `${links.map((one) => one.name).join(", ")} of ${node} ${links.length > 1 ? "get" : "gets"} MTU ${bytes}`,
      acts: [{ node, inject, undo }],
      effect: (healthy) =>
        change(healthy, [node], (netns) =>
          links.reduce((changed, { name }) => changeInterface(changed, name, (one) => ({ ...one, mtu: bytes })), netns),
        ),
    };
  },
};
