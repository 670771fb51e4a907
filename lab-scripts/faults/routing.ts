/** Faults of forwarding: a route withdrawn, a node that passes nothing on, an FDB entry that is out of date. */
import { change, changeInterface } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { destinationOf, forwardersOf, has, hasIPv6, hostNamed, netnsNamed, nodeNamed, refuse } from "./target.ts";

export const routeWithdraw: Fault = {
  name: "route-withdraw",
  about: "take a route out of a node's table",
  usage: "SUBNET|default [NODE=router]",
  aim(plan, [target, name = "router"]) {
    const { name: node } = nodeNamed(plan, name);
    const destination = target === "default" ? "0.0.0.0/0" : destinationOf(target);
    const { routes } = netnsNamed(plan, node);
    const route = routes.find((one) => one.destination === destination);
    if (!route) {
      refuse(`${node} has no route to ${target}; ${has(routes.map((one) => ({ name: one.destination })))}`);
    }
    if (route.learned)
      refuse(`BIRD puts ${node}'s route to ${target} back within 2 s; take its announcer: bgp-down HOST`);
    // What the route was is the agent's to know at healing.
    const family = destination.includes(":") ? "-6 " : "";
    return {
      says: `${node} forgets its route to ${target}`,
      acts: [{ node, inject: [`ip ${family}route delete ${destination}`] }],
      effect: (healthy) =>
        change(healthy, [node], (netns) => ({
          ...netns,
          routes: netns.routes.filter((one) => one.destination !== destination),
        })),
    };
  },
};

export const forwardingOff: Fault = {
  name: "forwarding-off",
  about: "let a node keep packets that are not for itself (net.ipv4.ip_forward=0)",
  usage: "NODE",
  aim(plan, [target]) {
    const { name: node } = nodeNamed(plan, target, forwardersOf(plan));
    const ipv6 = netnsNamed(plan, node).interfaces.some(hasIPv6);
    const switches = ["net.ipv4.ip_forward", ...(ipv6 ? ["net.ipv6.conf.all.forwarding"] : [])];
    return {
      says: `${node} forwards no packets`,
      acts: [
        {
          node,
          inject: switches.map((one) => `sysctl -qw ${one}=0`),
          undo: switches.map((one) => `sysctl -qw ${one}=1`),
        },
      ],
      effect: (healthy) => change(healthy, [node], (netns) => ({ ...netns, forwarding: false })),
    };
  },
};

export const staleFdb: Fault = {
  name: "stale-fdb",
  about: "let a host's VXLAN interface look for another host at an address that it has left",
  usage: "HOST PEER",
  aim(plan, [target, other]) {
    const { name: node } = hostNamed(plan, target);
    const peer = hostNamed(plan, other);
    const tunnel = netnsNamed(plan, node).interfaces.find(({ vxlan }) => vxlan !== undefined);
    if (!tunnel?.vxlan) refuse(`${node} has no VXLAN interface; use a lab of network overlay`);
    const entry = tunnel.vxlan.peers.find(({ vtep }) => vtep === peer.address);
    if (!entry) refuse(`${node} has no tunnel to ${peer.name}; choose another host`);
    // The address that Docker's IPAM keeps: nobody has it, now or later.
    const stale = plan.segments.find(({ name }) => name === peer.segment)!.reserved;
    const point = (vtep: string) => [`bridge fdb replace ${entry.mac} dev ${tunnel.name} dst ${vtep} self permanent`];
    return {
      says: `${node} believes that ${peer.name} is at ${stale}`,
      acts: [{ node, inject: point(stale), undo: point(entry.vtep) }],
      effect: (healthy) =>
        change(healthy, [node], (netns) =>
          changeInterface(netns, tunnel.name, (one) => ({
            ...one,
            vxlan: {
              ...tunnel.vxlan!,
              peers: tunnel.vxlan!.peers.map((known) => (known === entry ? { ...known, vtep: stale } : known)),
            },
          })),
        ),
    };
  },
};

export const bgpDown: Fault = {
  name: "bgp-down",
  about: "end a host's BGP sessions; its neighbours withdraw what it announced",
  usage: "HOST",
  aim(plan, [target]) {
    const { name: node } = hostNamed(plan, target);
    if (!netnsNamed(plan, node).bgp) refuse(`${node} speaks no BGP; use a lab of network bgp`);
    const sessions = `'"to-*"'`;
    return {
      says: `${node}'s BGP sessions are ended`,
      acts: [
        {
          node,
          inject: [`birdc disable ${sessions} > /dev/null`],
          undo: [`birdc enable ${sessions} > /dev/null || true`],
        },
      ],
      effect: (healthy) => change(healthy, [node], ({ bgp: _, ...silent }) => silent),
    };
  },
};
