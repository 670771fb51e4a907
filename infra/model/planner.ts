/** From the resolved lab to its plan. Nothing after this decides a name, an address, a route or a rule. */

import type { Subnet } from "./address.ts";
import { BRIDGE, identity, innerName, outerName, POD_IMAGE, podId, segmentName } from "./names.ts";
import { masqueradeRules } from "./nat.ts";
import type { Listener, Netns } from "./netns.ts";
import type { ContainerPlan, LabPlan, NodePlan, PodPlan, SegmentPlan } from "./plan.ts";
import { bridgeAddress, type ResolvedHost, type ResolvedLab, type ResolvedPod, routerAddress } from "./resolve.ts";
import { reservedAddress } from "./rules.ts";
import type { ContainerSpec } from "./spec.ts";
import * as unit from "./units.ts";

/** Ethernet's payload (RFC 894); what a veth and a Docker bridge have by default. */
const MTU = 1500;
const DEFAULT_ROUTE = "0.0.0.0/0";

/**
 * The lab's whole plan. Pure: the same lab gives the same plan.
 * @param written the spec as the user wrote it, which the router keeps for later checks
 */
export function planLab(lab: ResolvedLab, written: unknown): LabPlan {
  const uplink = segmentPlan(lab, "internet", lab.internet.subnet);
  const pods = lab.hosts.flatMap((host) => host.pods.map((pod) => podPlan(host, pod)));
  const podsOf = (host: ResolvedHost) => pods.filter((pod) => pod.host === host.name);
  return {
    lab: lab.name,
    segments: [uplink, ...lab.hosts.map((host) => segmentPlan(lab, host.name, host.segment))],
    nodes: [internetNode(lab), routerNode(lab, written), ...lab.hosts.map((host) => hostNode(lab, host, podsOf(host)))],
    pods,
    netns: [
      internetNetns(lab),
      routerNetns(lab),
      ...lab.hosts.map((host) => hostNetns(lab, host)),
      ...lab.hosts.flatMap((host) => podsOf(host).map((pod) => podNetns(host, pod))),
    ],
  };
}

function segmentPlan(lab: ResolvedLab, node: string, subnet: Subnet): SegmentPlan {
  const name = segmentName(node);
  return {
    name,
    network: outerName(lab.name, name),
    subnet: subnet.toString(),
    reserved: reservedAddress(subnet),
    router: routerAddress(subnet),
  };
}

// The internet: one server that has no route but to its own segment. What comes from elsewhere gets no answer.

function internetNode(lab: ResolvedLab): NodePlan {
  return {
    name: "internet",
    role: "internet",
    container: outerName(lab.name, "internet"),
    segment: segmentName("internet"),
    address: lab.internet.address,
    units: [unit.noDefaultRoute(), unit.server(80, "internet")],
  };
}

function internetNetns(lab: ResolvedLab): Netns {
  return {
    id: "internet",
    role: "internet",
    node: "internet",
    interfaces: [ethernet("eth0", lab.internet.subnet, lab.internet.address, segmentName("internet"))],
    routes: [],
    forwarding: true,
    nat: [],
    filter: [],
    listeners: [{ protocol: "tcp", port: 80, identity: "internet" }],
  };
}

// The router: on every segment, one static route for each pod subnet, NAT towards the internet.

function routerNode(lab: ResolvedLab, written: unknown): NodePlan {
  return {
    name: "router",
    role: "router",
    container: outerName(lab.name, "router"),
    segment: segmentName("internet"),
    address: routerAddress(lab.internet.subnet),
    units: [
      unit.noDefaultRoute(),
      unit.forwarding(),
      ...(lab.routerMasquerades ? [unit.masquerade({ out: routerAddress(lab.internet.subnet) })] : []),
      ...lab.hosts.map((host) => unit.route(host.podSubnet.toString(), host.address)),
      unit.record(JSON.stringify({ version: 1, lab: lab.name, spec: written })),
    ],
  };
}

function routerNetns(lab: ResolvedLab): Netns {
  const uplink = segmentName("internet");
  return {
    id: "router",
    role: "router",
    node: "router",
    interfaces: [
      ethernet(uplink, lab.internet.subnet, routerAddress(lab.internet.subnet), uplink),
      ...lab.hosts.map((host) =>
        ethernet(segmentName(host.name), host.segment, routerAddress(host.segment), segmentName(host.name)),
      ),
    ],
    routes: lab.hosts.map((host) => ({
      destination: host.podSubnet.toString(),
      via: host.address,
      dev: segmentName(host.name),
    })),
    forwarding: true,
    nat: lab.routerMasquerades ? masqueradeRules({ outInterface: uplink }) : [],
    filter: [],
    listeners: [],
  };
}

// A host: a bridge with the pod subnet on it, a default route to the router, masquerade for what leaves the private ranges.

function hostNode(lab: ResolvedLab, host: ResolvedHost, pods: readonly PodPlan[]): NodePlan {
  const gateway = bridgeAddress(host.podSubnet);
  const images = new Set(
    pods.flatMap((pod) => pod.containers.map(({ image }) => image)).filter((one) => one !== POD_IMAGE),
  );
  return {
    name: host.name,
    role: "host",
    container: outerName(lab.name, host.name),
    segment: segmentName(host.name),
    address: host.address,
    units: [
      unit.forwarding(),
      unit.bridge({ bridge: BRIDGE, address: `${gateway}/${host.podSubnet.prefix}`, mtu: MTU }),
      unit.route(DEFAULT_ROUTE, routerAddress(host.segment)),
      unit.masquerade({ source: host.podSubnet.toString(), exempt: lab.nonMasqueradeCidrs }),
      unit.engine({ bridge: BRIDGE, subnet: host.podSubnet.toString(), gateway, mtu: MTU }),
      ...[...images].map((image) => unit.image(image)),
      ...pods.map((pod) => unit.pod(pod, BRIDGE)),
    ],
  };
}

function hostNetns(lab: ResolvedLab, host: ResolvedHost): Netns {
  const bridge = bridgeAddress(host.podSubnet);
  return {
    id: host.name,
    role: "host",
    node: host.name,
    interfaces: [
      ethernet("eth0", host.segment, host.address, segmentName(host.name)),
      {
        name: BRIDGE,
        kind: "bridge",
        addresses: [`${bridge}/${host.podSubnet.prefix}`],
        mtu: MTU,
        link: `${host.name}:${BRIDGE}`,
      },
    ],
    routes: [{ destination: DEFAULT_ROUTE, via: routerAddress(host.segment), dev: "eth0" }],
    forwarding: true,
    nat: masqueradeRules({ source: host.podSubnet.toString(), exempt: lab.nonMasqueradeCidrs }),
    filter: [],
    listeners: [],
  };
}

// A pod: the namespace of its pause container, with one veth on the host's bridge.

function podPlan(host: ResolvedHost, pod: ResolvedPod): PodPlan {
  const id = podId(host.name, pod.name);
  return {
    id,
    name: pod.name,
    host: host.name,
    address: pod.address!, // rules.ts let no pod without an address through
    pause: innerName(pod.name, "pause"),
    containers: pod.containers.map((container) => containerPlan(id, pod.name, container)),
  };
}

function containerPlan(id: string, pod: string, spec: ContainerSpec): ContainerPlan {
  const own = spec.image === undefined;
  const serves = own && spec.command === undefined && spec.port !== undefined;
  return {
    name: spec.name,
    container: innerName(pod, spec.name),
    image: spec.image ?? POD_IMAGE,
    command: serves ? ["serve", String(spec.port)] : (spec.command ?? []),
    env: { ...(serves ? { PODLAB_IDENTITY: identity(id, spec.name) } : {}), ...spec.env },
    ports: spec.port === undefined ? [] : [spec.port],
    identifies: serves,
  };
}

function podNetns(host: ResolvedHost, pod: PodPlan): Netns {
  const listeners = pod.containers.flatMap((container): Listener[] =>
    container.ports.map((port) => ({
      protocol: "tcp",
      port,
      ...(container.identifies ? { identity: identity(pod.id, container.name) } : {}),
    })),
  );
  return {
    id: pod.id,
    role: "pod",
    node: host.name,
    interfaces: [
      {
        name: "eth0",
        kind: "veth",
        addresses: [`${pod.address}/${host.podSubnet.prefix}`],
        mtu: MTU,
        link: `${host.name}:${BRIDGE}`,
      },
    ],
    routes: [{ destination: DEFAULT_ROUTE, via: bridgeAddress(host.podSubnet), dev: "eth0" }],
    forwarding: true, // a new namespace takes the host's setting over (net.core.devconf_inherit_init_net)
    nat: [],
    filter: [],
    listeners,
  };
}

function ethernet(name: string, subnet: Subnet, address: string, link: string): Netns["interfaces"][number] {
  return { name, kind: "ethernet", addresses: [`${address}/${subnet.prefix}`], mtu: MTU, link };
}
