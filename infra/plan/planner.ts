/** From the resolved lab to its plan. Nothing after this decides a name, an address, a route or a rule. */

import { converged } from "../packet/bgp.ts";
import type { Subnet } from "../spec/address.ts";
import { reservedAddress, routerAddress } from "../spec/addressing.ts";
import { swarmRange } from "../spec/machines.ts";
import { outerName, overlayName, segmentName } from "../spec/names.ts";
import type { ResolvedHost, ResolvedLab } from "../spec/resolvedLab.ts";
import { type Fragment, masquerade, netnsOf, server } from "./fragment.ts";
import { KINDS } from "./networks/kinds.ts";
import type { LabPlan, NodePlan, SegmentPlan } from "./plan.ts";
import { podListeners, podPlan } from "./podPlan.ts";
import { policyFragments } from "./policies.ts";
import { serviceFragments, servicePlans } from "./services.ts";

/** Returns the lab's whole plan. Pure: the same lab gives the same plan. */
export function planLab(lab: ResolvedLab): LabPlan {
  const network = KINDS[lab.network];
  const hosts = lab.hosts.map((host) => {
    const pods = host.pods.map((pod) => podPlan(host, pod));
    const own = { ...host, mtu: lab.mtu, link: segmentName(host.name), name: "eth0" };
    return {
      host,
      pods,
      fragments: [
        nodeInterface(own),
        ...policyFragments(lab, host),
        ...serviceFragments(lab, host),
        ...network.host(lab, host),
      ],
    };
  });
  const nodes = [
    {
      name: "internet",
      role: "internet" as const,
      address: lab.internet.address,
      address6: lab.internet.v6?.address,
      machine: undefined,
      fragments: internet(lab),
    },
    {
      name: "router",
      role: "router" as const,
      address: routerAddress(lab.internet.subnet),
      address6: lab.internet.v6 && routerAddress(lab.internet.v6.subnet),
      machine: undefined,
      fragments: [...router(lab), ...network.router(lab)],
    },
    ...hosts.map(({ host: { name, address, v6, machine }, fragments }) => {
      return { name, role: "host" as const, address, address6: v6?.address, machine, fragments };
    }),
  ];
  return {
    lab: lab.name,
    expect: lab.expect,
    segments: [
      segmentPlan(lab, { name: "internet", segment: lab.internet.subnet, v6: lab.internet.v6?.subnet }),
      ...lab.hosts.map((host) => segmentPlan(lab, { ...host, v6: host.v6?.segment })),
    ],
    nodes: nodes.map(
      ({ name, role, address, address6, machine, fragments }): NodePlan => ({
        name,
        role,
        container: outerName(lab.name, name),
        ...(machine ? { machine } : {}),
        segment: segmentName(role === "host" ? name : "internet"),
        address,
        ...(address6 === undefined ? {} : { address6 }),
        ...pluggingOf(fragments),
      }),
    ),
    pods: hosts.flatMap(({ pods }) => pods),
    services: servicePlans(lab),
    netns: converged([
      ...nodes.map(({ name, role, fragments }) => netnsOf({ id: name, role, node: name }, fragments)),
      ...hosts.flatMap(({ host, pods }) =>
        pods.map((pod) =>
          netnsOf({ id: pod.id, role: "pod", node: host.name }, [
            ...network.pod(lab, host, pod),
            { listeners: podListeners(pod) },
          ]),
        ),
      ),
    ]),
  };
}

/** How a host's pods are plugged in. */
function pluggingOf(fragments: readonly Fragment[]): Pick<NodePlan, "engineNetwork" | "cni"> {
  const engineNetwork = fragments.find((one) => one.engineNetwork)?.engineNetwork;
  const cni = fragments.find((one) => one.cni)?.cni;
  return { ...(engineNetwork ? { engineNetwork } : {}), ...(cni ? { cni } : {}) };
}

/** One server that has no route but to its own segment: what comes from elsewhere gets no answer. */
function internet({ mtu, internet: { subnet, address, v6 } }: ResolvedLab): Fragment[] {
  const own = { mtu, segment: subnet, address, link: segmentName("internet"), name: "eth0" };
  return [
    nodeInterface({ ...own, ...(v6 ? { v6: { segment: v6.subnet, address: v6.address } } : {}) }),
    server(80, "internet"),
  ];
}

/** On every segment, with no way out of the lab; NAT towards the internet. */
function router(lab: ResolvedLab): Fragment[] {
  const { subnet, v6 } = lab.internet;
  const out = segmentName("internet");
  return [
    routerInterface(lab, out, subnet, v6?.subnet),
    ...lab.hosts.map((host) => routerInterface(lab, segmentName(host.name), host.segment, host.v6?.segment)),
    ...(lab.routerMasquerades ? [masquerade({ out })] : []),
    // Unique local addresses are no more routed on the internet than private ones are (RFC 4193, 4.1): so NAT66.
    ...(lab.routerMasquerades && v6 ? [masquerade({ family: 6, out })] : []),
  ];
}

function routerInterface({ mtu }: ResolvedLab, name: string, segment: Subnet, segment6: Subnet | undefined): Fragment {
  return nodeInterface({
    name,
    mtu,
    link: name,
    segment,
    address: routerAddress(segment),
    ...(segment6 ? { v6: { segment: segment6, address: routerAddress(segment6) } } : {}),
  });
}

interface Plug {
  readonly name: string;
  readonly mtu: number;
  readonly link: string;
  readonly segment: Subnet;
  readonly address: string;
  readonly v6?: { readonly segment: Subnet; readonly address: string };
}

/** A node's interface on a segment. */
function nodeInterface({ name, mtu, link, segment, address, v6 }: Plug): Fragment {
  const own6 = v6 ? [`${v6.address}/${v6.segment.prefix}`] : [];
  return {
    interfaces: [{ name, kind: "ethernet", addresses: [`${address}/${segment.prefix}`, ...own6], mtu, link }],
  };
}

/** Docker's networks carry so many bytes unless they are told otherwise. */
const DOCKER_MTU = 1500;

interface SegmentOf extends Pick<ResolvedHost, "name" | "segment" | "machine"> {
  readonly v6: Subnet | undefined;
}

function segmentPlan(lab: ResolvedLab, { name: node, segment, machine, v6 }: SegmentOf): SegmentPlan {
  const name = segmentName(node);
  return {
    name,
    network: machine ? overlayName(lab.name, name) : outerName(lab.name, name),
    subnet: segment.toString(),
    ...(lab.mtu === DOCKER_MTU ? {} : { mtu: lab.mtu }),
    ...(machine ? { machine, range: swarmRange(segment).toString() } : {}),
    reserved: reservedAddress(segment),
    router: routerAddress(segment),
    ...(v6 ? { subnet6: v6.toString(), router6: routerAddress(v6) } : {}),
  };
}
