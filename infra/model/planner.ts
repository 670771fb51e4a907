/** From the resolved lab to its plan. Nothing after this decides a name, an address, a route or a rule. */
import type { Subnet } from "./address.ts";
import { reservedAddress, routerAddress } from "./addressing.ts";
import { converged } from "./bgp.ts";
import { outerName, segmentName } from "./names.ts";
import { MTU } from "./network/bridged.ts";
import { KINDS } from "./network/kinds.ts";
import {
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
import type { ResolvedLab } from "./resolvedLab.ts";

/**
 * The lab's whole plan. Pure: the same lab gives the same plan.
 * @param written the spec as the user wrote it, which the router keeps for later checks
 */
export function planLab(lab: ResolvedLab, written: unknown): LabPlan {
  const network = KINDS[lab.network];
  const hosts = lab.hosts.map((host) => {
    const pods = host.pods.map((pod) => podPlan(host, pod));
    const pieces = [nodeInterface(host.segment, host.address, segmentName(host.name), "eth0"), forwarding()];
    return { host, pods, pieces: [...pieces, ...network.host(lab, host, pods)] };
  });
  const nodes = [
    { name: "internet", role: "internet" as const, address: lab.internet.address, pieces: internet(lab) },
    {
      name: "router",
      role: "router" as const,
      address: routerAddress(lab.internet.subnet),
      pieces: [...router(lab, written), ...network.router(lab)],
    },
    ...hosts.map(({ host: { name, address }, pieces }) => ({ name, role: "host" as const, address, pieces })),
  ];
  return {
    lab: lab.name,
    expect: lab.expect,
    segments: [
      segmentPlan(lab, "internet", lab.internet.subnet),
      ...lab.hosts.map((host) => segmentPlan(lab, host.name, host.segment)),
    ],
    nodes: nodes.map(
      ({ name, role, address, pieces }): NodePlan => ({
        name,
        role,
        container: outerName(lab.name, name),
        segment: segmentName(role === "host" ? name : "internet"),
        address,
        units: unitsOf(pieces),
      }),
    ),
    pods: hosts.flatMap(({ pods }) => pods),
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
function internet({ internet: { subnet, address } }: ResolvedLab): Piece[] {
  return [nodeInterface(subnet, address, segmentName("internet"), "eth0"), noDefaultRoute(), server(80, "internet")];
}

/** On every segment, with no way out of the lab; NAT towards the internet. */
function router(lab: ResolvedLab, written: unknown): Piece[] {
  const uplink = { dev: segmentName("internet"), address: routerAddress(lab.internet.subnet) };
  return [
    nodeInterface(lab.internet.subnet, uplink.address, uplink.dev, uplink.dev),
    ...lab.hosts.map(({ name, segment }) =>
      nodeInterface(segment, routerAddress(segment), segmentName(name), segmentName(name)),
    ),
    forwarding(),
    noDefaultRoute(),
    ...(lab.routerMasquerades ? [masquerade({ out: uplink })] : []),
    record(JSON.stringify({ version: 1, lab: lab.name, spec: written })),
  ];
}

function nodeInterface(subnet: Subnet, address: string, link: string, name: string): Piece {
  return plugged({ name, kind: "ethernet", address, prefix: subnet.prefix, mtu: MTU, link });
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
