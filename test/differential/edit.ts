/** What is done to a plan's namespaces to make them otherwise than planned, as data that can be kept in a named case. */
import type { FilterRule, Interface, Listener, NatRule, Netns, Route, VxlanPeer } from "../../infra/packet/netns.ts";

export type Edit = { readonly at: string } & (
  | { readonly do: "route"; readonly route: Route }
  | { readonly do: "remove-route"; readonly destination: string }
  | { readonly do: "forwarding"; readonly on: boolean }
  | { readonly do: "bridge-netfilter"; readonly on: boolean }
  | { readonly do: "nat"; readonly rule: NatRule; readonly where: "first" | "last" }
  | { readonly do: "flush-nat" }
  | { readonly do: "filter"; readonly rule: FilterRule }
  | { readonly do: "mtu"; readonly interface: string; readonly mtu: number }
  | { readonly do: "address"; readonly interface: string; readonly address: string }
  | { readonly do: "listen"; readonly listener: Listener }
  | { readonly do: "close"; readonly protocol: Listener["protocol"]; readonly port: number }
  | { readonly do: "peer"; readonly interface: string; readonly peer: VxlanPeer }
  | { readonly do: "remove-peer"; readonly interface: string; readonly inner: string }
);

/** The namespaces with the edits made, in their order. @throws Error when an edit names what is not there */
export function edited(all: readonly Netns[], edits: readonly Edit[]): readonly Netns[] {
  return edits.reduce((netns, edit) => {
    if (!netns.some(({ id }) => id === edit.at)) throw new Error(`no namespace ${edit.at} to edit`);
    return netns.map((one) => (one.id === edit.at ? editedOne(one, edit) : one));
  }, all);
}

function editedOne(netns: Netns, edit: Edit): Netns {
  const { routes, nat, filter, listeners } = netns;
  switch (edit.do) {
    case "route":
      return { ...netns, routes: [...without(routes, edit.route.destination), edit.route] };
    case "remove-route":
      return { ...netns, routes: without(routes, edit.destination) };
    case "forwarding":
      return { ...netns, forwarding: edit.on };
    case "bridge-netfilter":
      return { ...netns, bridgeNetfilter: edit.on };
    case "nat":
      return { ...netns, nat: edit.where === "first" ? [edit.rule, ...nat] : [...nat, edit.rule] };
    case "flush-nat":
      return { ...netns, nat: [] };
    case "filter":
      return { ...netns, filter: [...filter, edit.rule] };
    case "listen":
      return { ...netns, listeners: [...listeners, edit.listener] };
    case "close":
      return {
        ...netns,
        listeners: listeners.filter((one) => one.protocol !== edit.protocol || one.port !== edit.port),
      };
    case "mtu":
      return withInterface(netns, edit.interface, (one) => ({ ...one, mtu: edit.mtu }));
    case "address":
      return withInterface(netns, edit.interface, (one) => ({ ...one, addresses: [...one.addresses, edit.address] }));
    case "peer":
      return withPeers(netns, edit.interface, (peers) =>
        peers.map((one) => (one.inner === edit.peer.inner ? edit.peer : one)),
      );
    case "remove-peer":
      return withPeers(netns, edit.interface, (peers) => peers.filter(({ inner }) => inner !== edit.inner));
  }
}

function without(routes: readonly Route[], destination: string): Route[] {
  return routes.filter((route) => route.destination !== destination);
}

function withInterface(netns: Netns, name: string, change: (one: Interface) => Interface): Netns {
  if (!netns.interfaces.some((one) => one.name === name)) throw new Error(`${netns.id} has no interface ${name}`);
  return { ...netns, interfaces: netns.interfaces.map((one) => (one.name === name ? change(one) : one)) };
}

function withPeers(netns: Netns, name: string, change: (peers: readonly VxlanPeer[]) => readonly VxlanPeer[]): Netns {
  return withInterface(netns, name, (one) => {
    if (one.vxlan === undefined) throw new Error(`${netns.id} ${name} is no VXLAN interface`);
    return { ...one, vxlan: { ...one.vxlan, peers: change(one.vxlan.peers) } };
  });
}
