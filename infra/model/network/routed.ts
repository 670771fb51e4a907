/** The article's answer: a bridge with a pod subnet for every host, and a router that knows whose is whose. */
import * as unit from "../engineUnits.ts";
import { BRIDGE, segmentName } from "../names.ts";
import { bridge, DEFAULT_ROUTE, masquerade, plugged, route } from "../piece.ts";
import { bridgeAddress, routerAddress } from "../resolve.ts";
import type { NetworkKind } from "./kind.ts";

/** Ethernet's payload (RFC 894); what a veth and a Docker bridge have by default. */
export const MTU = 1500;

export const routed: NetworkKind = {
  host(lab, { name, podSubnet, segment }, pods) {
    const gateway = bridgeAddress(podSubnet);
    return [
      bridge({ name: BRIDGE, address: `${gateway}/${podSubnet.prefix}`, mtu: MTU, link: bridgeLink(name) }),
      route(DEFAULT_ROUTE, routerAddress(segment), "eth0"),
      masquerade({ source: podSubnet.toString(), exempt: lab.nonMasqueradeCidrs }),
      {
        units: [
          unit.engine({ bridge: BRIDGE, subnet: podSubnet.toString(), gateway, mtu: MTU }),
          ...unit.images(pods),
          ...pods.map((pod) => unit.pod(pod, BRIDGE)),
        ],
      },
    ];
  },

  router({ hosts }) {
    return hosts.map(({ name, address, podSubnet }) => route(podSubnet.toString(), address, segmentName(name)));
  },

  pod(_, { name, podSubnet }, { address }) {
    return [
      plugged({ name: "eth0", kind: "veth", address, prefix: podSubnet.prefix, mtu: MTU, link: bridgeLink(name) }),
      // Docker's own doing, so a route without a unit.
      { routes: [{ destination: DEFAULT_ROUTE, via: bridgeAddress(podSubnet), dev: "eth0" }] },
    ];
  },
};

/** The layer-2 network of a host's pods. */
export const bridgeLink = (host: string): string => `${host}:${BRIDGE}`;
