/**
 * The article's lab, written down by hand as namespaces: two hosts with a bridge each, a router between them, an internet.
 *
 *   host01/web .2 ─┐                                                          ┌─ host02/web .2
 *   host01/db  .3 ─┴ cbr0 192.168.20.1  host01  eth0 10.240.1.2 ── router ── 10.240.2.2 eth0  host02  cbr0 192.168.30.1 ┴ …
 *                                                                    │
 *                                                 203.0.113.1 ── internet 203.0.113.10
 */

import type { FilterRule, Interface, NatRule, Netns, Route } from "../../../infra/packet/netns.ts";
import { Network } from "../../../infra/packet/network.ts";
import { Subnet } from "../../../infra/spec/address.ts";

export const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

export function ethernet(name: string, address: string, link: string, more: Partial<Interface> = {}): Interface {
  return { name, kind: "ethernet", addresses: [address], mtu: 1500, link, ...more };
}

export function netns(id: string, role: Netns["role"], more: Partial<Netns> = {}): Netns {
  const [node = id] = id.split("/");
  return { id, role, node, interfaces: [], routes: [], forwarding: false, nat: [], filter: [], listeners: [], ...more };
}

/** ip-masq-agent's chain: exempt destinations, then masquerade. */
export function masquerade(source: string, exempt: readonly string[] = PRIVATE): NatRule[] {
  return [
    ...exempt.map(
      (destination): NatRule => ({ chain: "POSTROUTING", match: { source, destination }, action: { kind: "accept" } }),
    ),
    { chain: "POSTROUTING", match: { source }, action: { kind: "masquerade" } },
  ];
}

export function host(name: string, segment: number, pods: number, more: Partial<Netns> = {}): Netns {
  return netns(name, "host", {
    interfaces: [
      ethernet("eth0", `10.240.${segment}.2/24`, `${name}-net`),
      ethernet("cbr0", `192.168.${pods}.1/24`, `${name}:cbr0`, { kind: "bridge" }),
    ],
    routes: [{ destination: "0.0.0.0/0", via: `10.240.${segment}.1`, dev: "eth0" }],
    forwarding: true,
    nat: masquerade(`192.168.${pods}.0/24`),
    ...more,
  });
}

export function pod(id: string, address: string, more: Partial<Netns> = {}): Netns {
  const [node = ""] = id.split("/");
  const gateway = address.replace(/\d+$/, "1");
  return netns(id, "pod", {
    interfaces: [ethernet("eth0", `${address}/24`, `${node}:cbr0`, { kind: "veth" })],
    routes: [{ destination: "0.0.0.0/0", via: gateway, dev: "eth0" }],
    listeners: [
      { protocol: "tcp", port: 8080, identity: `${id}:app` },
      { protocol: "tcp", port: 9090, identity: `${id}:sidecar` },
    ],
    ...more,
  });
}

export function routedLab(): Netns[] {
  return [
    netns("internet", "internet", {
      interfaces: [ethernet("eth0", "203.0.113.10/24", "internet-net")],
      listeners: [{ protocol: "tcp", port: 80, identity: "internet" }],
    }),
    netns("router", "router", {
      interfaces: [
        ethernet("internet-net", "203.0.113.1/24", "internet-net"),
        ethernet("host01-net", "10.240.1.1/24", "host01-net"),
        ethernet("host02-net", "10.240.2.1/24", "host02-net"),
      ],
      routes: [
        { destination: "192.168.20.0/24", via: "10.240.1.2", dev: "host01-net" },
        { destination: "192.168.30.0/24", via: "10.240.2.2", dev: "host02-net" },
      ],
      forwarding: true,
      nat: [{ chain: "POSTROUTING", match: { outInterface: "internet-net" }, action: { kind: "masquerade" } }],
    }),
    host("host01", 1, 20),
    host("host02", 2, 30),
    pod("host01/web", "192.168.20.2"),
    pod("host01/db", "192.168.20.3"),
    pod("host02/web", "192.168.30.2"),
    pod("host02/db", "192.168.30.3"),
  ];
}

/** The lab with one namespace changed: what a fault or another kind of network does to it. */
export function change(lab: readonly Netns[], id: string, how: (netns: Netns) => Partial<Netns>): Netns[] {
  if (!lab.some((one) => one.id === id)) throw new Error(`the fixture has no ${id}`);
  return lab.map((one) => (one.id === id ? { ...one, ...how(one) } : one));
}

export const withoutRoute = (lab: readonly Netns[], id: string, destination: string): Netns[] =>
  change(lab, id, ({ routes }) => ({ routes: routes.filter((route) => route.destination !== destination) }));

export const withRoute = (lab: readonly Netns[], id: string, ...more: Route[]): Netns[] =>
  change(lab, id, ({ routes }) => ({ routes: [...routes, ...more] }));

export const withFilter = (lab: readonly Netns[], id: string, ...filter: FilterRule[]): Netns[] =>
  change(lab, id, () => ({ filter }));

export const withNat = (lab: readonly Netns[], id: string, ...nat: NatRule[]): Netns[] =>
  change(lab, id, () => ({ nat }));

/** Changes interfaces of a namespace by name; undefined takes the interface out. */
export function withInterface(
  lab: readonly Netns[],
  id: string,
  name: string,
  how: (one: Interface) => Interface | undefined,
): Netns[] {
  return change(lab, id, ({ interfaces }) => ({
    interfaces: interfaces.flatMap((one) => (one.name === name ? (how(one) ?? []) : one)),
  }));
}

export const network = (lab: readonly Netns[]): Network => new Network(lab);

/** `192.168.20.7/24` and `192.168.20.0/24` are one subnet. */
export const subnetOf = (cidr: string): string => new Subnet(cidr).toString();
