/** Writes the plan down node by node, as the agents read it, with the sysctls that every lab wants. No address, route or rule is decided here. */
import type { Interface, Netns } from "../packet/netns.ts";
import { isIPv6 } from "../spec/address.ts";
import { macOf } from "../spec/addressing.ts";
import { innerImage, POD_IMAGE } from "../spec/names.ts";
import { birdConfig } from "./bird.ts";
import { DEFAULT_ROUTE, DEFAULT_ROUTE_6 } from "./fragment.ts";
import type { FileContent, InterfaceState, KernelState, NodeState, PodState } from "./nodeState.ts";
import type { ContainerPlan, LabPlan, NodePlan, PodPlan } from "./plan.ts";
import { tablesOf } from "./tables.ts";

/** Returns the desired state of each node, by its name. */
export function nodeStates(plan: LabPlan): ReadonlyMap<string, NodeState> {
  const netns = new Map(plan.netns.map((one) => [one.id, one]));
  return new Map(
    plan.nodes.map((node) => {
      const pods = plan.pods.filter(({ host }) => host === node.name);
      return [node.name, nodeState(plan.lab, node, pods, netns)];
    }),
  );
}

function nodeState(
  lab: string,
  node: NodePlan,
  pods: readonly PodPlan[],
  netns: ReadonlyMap<string, Netns>,
): NodeState {
  const own = netns.get(node.name)!;
  return {
    version: 2,
    lab,
    node: node.name,
    kernel: kernelOf(own),
    files: filesOf(node, own),
    servers: Object.fromEntries(own.listeners.map(({ port, identity }) => [port, identity!])),
    ...(own.bgp ? { bird: true } : {}),
    ...(node.role === "host"
      ? { engine: { ...(node.engineNetwork ? { network: node.engineNetwork } : {}), images: imagesOf(pods) } }
      : {}),
    pods: Object.fromEntries(pods.map((pod) => [pod.name, podState(pod, netns.get(pod.id)!, node)])),
  };
}

function filesOf({ cni }: NodePlan, { bgp }: Netns): Record<string, FileContent> {
  return {
    ...(bgp ? { "/etc/bird/bird.conf": { lines: birdConfig(bgp) } } : {}),
    // A container runtime takes the first list of the directory.
    ...(cni ? { "/etc/cni/net.d/10-podlab.conflist": { json: cni } } : {}),
  };
}

/** The images of the user's. The pod image comes with the node's. */
function imagesOf(pods: readonly PodPlan[]): Record<string, string> {
  const wanted = new Set(pods.flatMap(({ containers }) => containers.map(({ image }) => image)));
  wanted.delete(POD_IMAGE);
  return Object.fromEntries([...wanted].sort().map((image) => [innerImage(image), image]));
}

function podState(pod: PodPlan, netns: Netns, { cni }: NodePlan): PodState {
  return {
    pause: { name: pod.pause, image: POD_IMAGE, command: ["sleep", "infinity"], args: [], env: {} },
    containers: Object.fromEntries(pod.containers.map((one) => [one.container, containerState(one)])),
    kernel: kernelOf(netns),
    address: pod.address,
    ...(pod.address6 === undefined ? {} : { address6: pod.address6 }),
    // The MAC address that Docker's engine would give: neighbours that know it need not ask again after a restart.
    ...(cni ? { cni: { mac: macOf(pod.address) } } : {}),
  };
}

const containerState = ({ image, command, args, env }: ContainerPlan) => {
  return { image: innerImage(image), command, args, env };
};

function kernelOf(netns: Netns): KernelState {
  return {
    interfaces: Object.fromEntries(netns.interfaces.map((one) => [one.name, interfaceState(one)])),
    routes: routesOf(netns),
    iptables: tablesOf(netns, undefined),
    ip6tables: tablesOf(netns, 6),
    sysctls: sysctlsOf(netns),
  };
}

function interfaceState({ kind, addresses, mtu, mac, hairpin, vxlan }: Interface): InterfaceState {
  const peers = vxlan?.peers.map(({ inner, mac: peerMac, vtep }) => [inner, { mac: peerMac, vtep }] as const) ?? [];
  return {
    kind,
    addresses,
    mtu,
    ...(mac === undefined ? {} : { mac }),
    ...(hairpin ? { hairpin } : {}),
    ...(vxlan
      ? { vxlan: { id: vxlan.id, port: vxlan.port, local: vxlan.local, peers: Object.fromEntries(peers) } }
      : {}),
  };
}

const DEFAULTS: Readonly<Record<string, string>> = { [DEFAULT_ROUTE]: "default", [DEFAULT_ROUTE_6]: "default6" };

function routesOf({ routes }: Netns): KernelState["routes"] {
  const own = routes.filter(({ learned }) => learned === undefined);
  return Object.fromEntries(own.map(({ destination, ...route }) => [DEFAULTS[destination] ?? destination, route]));
}

/**
 * What decides whether a packet is passed on and answered (Documentation/networking/ip-sysctl.rst), and whether a sender is always told why one is
 * not: by default a node sends one ICMP error a second, and the outcome of a probe would depend on how many went before it.
 */
function sysctlsOf({ role, interfaces, forwarding, bridgeNetfilter }: Netns): Record<string, string> {
  const with6 = interfaces.filter(({ addresses }) => addresses.some(isIPv6));
  const has6 = with6.length > 0;
  const bridges = interfaces.some(({ kind }) => kind === "bridge");
  const on = forwarding ? "1" : "0";
  return {
    "net/ipv4/ip_forward": on,
    "net/ipv4/conf/*/forwarding": on,
    "net/ipv4/conf/*/rp_filter": "0",
    "net/ipv4/conf/*/arp_ignore": "0",
    "net/ipv4/conf/*/proxy_arp": "0",
    "net/ipv4/icmp_echo_ignore_all": "0",
    "net/ipv4/icmp_ratemask": "0",
    "net/ipv4/ip_default_ttl": "64",
    ...(has6 ? { "net/ipv6/conf/lo/disable_ipv6": "0", "net/ipv6/icmp/ratemask": "255" } : {}),
    ...(has6 && role !== "pod" ? { "net/ipv6/conf/all/forwarding": on, "net/ipv6/conf/*/forwarding": on } : {}),
    // Nobody else is on a segment, so a duplicate address search would only cost a second (RFC 4862, 5.4); no router but the plan's.
    ...Object.assign(
      {},
      ...with6.map(({ name }) => ({
        [`net/ipv6/conf/${name}/accept_dad`]: "0",
        [`net/ipv6/conf/${name}/accept_ra`]: "0",
        [`net/ipv6/conf/${name}/disable_ipv6`]: "0",
      })),
    ),
    // IPv4 rules see what a bridge passes from port to port where services or policies need it; IPv6 rules never do.
    ...(bridges
      ? {
          "net/bridge/bridge-nf-call-iptables": bridgeNetfilter ? "1" : "0",
          "net/bridge/bridge-nf-call-ip6tables": "0",
        }
      : {}),
  };
}
