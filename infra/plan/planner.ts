/** From the resolved lab to its plan. Nothing after this decides a name, an address, a route or a rule. */

import { converged } from "../packet/bgp.ts";
import type { Subnet } from "../spec/address.ts";
import { reservedAddress, routerAddress } from "../spec/addressing.ts";
import { outerName, segmentName } from "../spec/names.ts";
import type { ResolvedLab } from "../spec/resolvedLab.ts";
import { MTU } from "./networks/bridged.ts";
import { KINDS } from "./networks/kinds.ts";
import {
  address6,
  forwarding,
  masquerade,
  netnsOf,
  noDefaultRoute,
  type Piece,
  plugged,
  record,
  server,
  unitsOf,
} from "./piece.ts";
import type { LabPlan, NodePlan, SegmentPlan } from "./plan.ts";
import { podListeners, podPlan } from "./podPlan.ts";
import { policyPieces } from "./policies.ts";
import { servicePieces, servicePlans } from "./services.ts";

/**
 * The lab's whole plan. Pure: the same lab gives the same plan.
 * @param written the spec as the user wrote it, which the router keeps for later checks
 */
export function planLab(lab: ResolvedLab, written: unknown): LabPlan {
  const network = KINDS[lab.network];
  const hosts = lab.hosts.map((host) => {
    const pods = host.pods.map((pod) => podPlan(host, pod));
    const own = { ...host, link: segmentName(host.name), name: "eth0" };
    const pieces = [nodeInterface(own), forwarding({ ipv6: host.v6 !== undefined })];
    return {
      host,
      pods,
      pieces: [...pieces, ...policyPieces(lab, host), ...servicePieces(lab), ...network.host(lab, host, pods)],
    };
  });
  const nodes = [
    {
      name: "internet",
      role: "internet" as const,
      address: lab.internet.address,
      address6: lab.internet.v6?.address,
      pieces: internet(lab),
    },
    {
      name: "router",
      role: "router" as const,
      address: routerAddress(lab.internet.subnet),
      address6: lab.internet.v6 && routerAddress(lab.internet.v6.subnet),
      pieces: [...router(lab, written), ...network.router(lab)],
    },
    ...hosts.map(({ host: { name, address, v6 }, pieces }) => {
      return { name, role: "host" as const, address, address6: v6?.address, pieces };
    }),
  ];
  return {
    lab: lab.name,
    expect: lab.expect,
    segments: [
      segmentPlan(lab, "internet", lab.internet.subnet, lab.internet.v6?.subnet),
      ...lab.hosts.map(({ name, segment, v6 }) => segmentPlan(lab, name, segment, v6?.segment)),
    ],
    nodes: nodes.map(
      ({ name, role, address, address6, pieces }): NodePlan => ({
        name,
        role,
        container: outerName(lab.name, name),
        segment: segmentName(role === "host" ? name : "internet"),
        address,
        ...(address6 === undefined ? {} : { address6 }),
        units: unitsOf(pieces),
      }),
    ),
    pods: hosts.flatMap(({ pods }) => pods),
    services: servicePlans(lab),
    netns: converged([
      ...nodes.map(({ name, role, pieces }) => netnsOf({ id: name, role, node: name }, pieces)),
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

/** One server that has no route but to its own segment: what comes from elsewhere gets no answer. */
function internet({ internet: { subnet, address, v6 } }: ResolvedLab): Piece[] {
  const own = { segment: subnet, address, link: segmentName("internet"), name: "eth0" };
  return [
    nodeInterface({ ...own, ...(v6 ? { v6: { segment: v6.subnet, address: v6.address } } : {}) }),
    noDefaultRoute(),
    server(80, "internet"),
  ];
}

/** On every segment, with no way out of the lab; NAT towards the internet. */
function router(lab: ResolvedLab, written: unknown): Piece[] {
  const { subnet, v6 } = lab.internet;
  const dev = segmentName("internet");
  return [
    routerInterface(dev, subnet, v6?.subnet),
    ...lab.hosts.map((host) => routerInterface(segmentName(host.name), host.segment, host.v6?.segment)),
    forwarding({ ipv6: v6 !== undefined }),
    noDefaultRoute(),
    ...(lab.routerMasquerades ? [masquerade({ out: { dev, address: routerAddress(subnet) } })] : []),
    // Unique local addresses are no more routed on the internet than private ones are (RFC 4193, 4.1): so NAT66.
    ...(lab.routerMasquerades && v6
      ? [masquerade({ family: 6, out: { dev, address: routerAddress(v6.subnet) } })]
      : []),
    record(JSON.stringify({ version: 1, lab: lab.name, spec: written })),
  ];
}

function routerInterface(name: string, segment: Subnet, segment6: Subnet | undefined): Piece {
  return nodeInterface({
    name,
    link: name,
    segment,
    address: routerAddress(segment),
    ...(segment6 ? { v6: { segment: segment6, address: routerAddress(segment6) } } : {}),
  });
}

interface Plug {
  readonly name: string;
  readonly link: string;
  readonly segment: Subnet;
  readonly address: string;
  readonly v6?: { readonly segment: Subnet; readonly address: string };
}

/** A node's interface on a segment. */
function nodeInterface({ name, link, segment, address, v6 }: Plug): Piece {
  const own6 = v6 && `${v6.address}/${v6.segment.prefix}`;
  return {
    ...plugged({
      name,
      kind: "ethernet",
      addresses: [`${address}/${segment.prefix}`, ...(own6 ? [own6] : [])],
      mtu: MTU,
      link,
    }),
    ...(own6 ? { units: [address6({ name, holder: address, address: own6 })] } : {}),
  };
}

function segmentPlan(lab: ResolvedLab, node: string, subnet: Subnet, subnet6: Subnet | undefined): SegmentPlan {
  const name = segmentName(node);
  return {
    name,
    network: outerName(lab.name, name),
    subnet: subnet.toString(),
    reserved: reservedAddress(subnet),
    router: routerAddress(subnet),
    ...(subnet6 ? { subnet6: subnet6.toString(), router6: routerAddress(subnet6) } : {}),
  };
}
