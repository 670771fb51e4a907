/**
 * What the machine's own firewall does to frames of a lab. Where its bridges call it (br_netfilter), the rules for packets see what
 * crosses a segment.
 */
import { textIn } from "../files.ts";
import { Network } from "../packet/network.ts";
import { walk } from "../packet/walk.ts";
import type { LabPlan } from "../plan/plan.ts";
import { isSubnet, Subnet } from "../spec/address.ts";
import { proposal } from "../spec/overlap.ts";
import type { Problem } from "../spec/problem.ts";
import type { ResolvedLab } from "../spec/resolvedLab.ts";
import type { LabSpec } from "../spec/spec.ts";
import type { MachineNetwork } from "./inventory.ts";

const SETTINGS = { 4: "bridge-nf-call-iptables", 6: "bridge-nf-call-ip6tables" } as const;

/** Whether every bridge of this machine calls the rules of a family. Not where the kernel has no br_netfilter. */
export const bridgesCall = (family: 4 | 6): boolean =>
  textIn(`/proc/sys/net/bridge/${SETTINGS[family]}`).trim() === "1";

/**
 * Returns the Docker networks of others whose rule `-s SUBNET ! -o BRIDGE -j MASQUERADE` would give packets of pods another source.
 * @param hosts as the user wrote them: a pod subnet of theirs does not follow podCidr
 * @param families of which the machine's rules see frames
 */
export function masqueraded(
  lab: ResolvedLab,
  hosts: LabSpec["hosts"],
  plan: LabPlan,
  networks: readonly MachineNetwork[],
  families: readonly (4 | 6)[],
): Problem[] {
  const others = networks
    .filter((network) => network.masquerades && network.lab !== lab.name)
    .flatMap(({ name, subnets }) => subnets.filter(isSubnet).map((cidr) => ({ name, subnet: new Subnet(cidr) })))
    .filter(({ subnet }) => families.includes(subnet.version));
  if (others.length === 0) return [];
  const sent = sources(
    plan,
    others.map(({ subnet }) => subnet),
  );
  const segments = [lab.internet.subnet, ...lab.hosts.map(({ segment }) => segment)];
  const taken = [...others.map(({ subnet }) => subnet), ...segments, lab.serviceCidr];
  const written = Array.isArray(hosts) ? hosts.map(({ podSubnet }) => podSubnet !== undefined) : [];
  return others.flatMap(({ name, subnet }): Problem[] => {
    const met = sent.filter(({ source }) => subnet.contains(source));
    const places = Map.groupBy(met, ({ host }) => {
      const at = lab.hosts.findIndex((one) => one.name === host);
      if (subnet.version === 6) return "ipv6";
      return written[at] ? `hosts[${at}].podSubnet` : "podCidr";
    });
    return [...places].map(([path, [first]]) => {
      const { pod, host, source, segment } = first!;
      const { podSubnet } = lab.hosts.find((one) => one.name === host)!;
      const size = path === "podCidr" ? lab.podCidr.prefix : podSubnet.prefix;
      const free = path === "ipv6" ? undefined : proposal(new Subnet("10.0.0.0/8"), size, taken);
      const why = `Docker network ${name} (${subnet}) masquerades what ${pod} (${source}) sends over ${segment}, for this machine's bridges call its firewall (${SETTINGS[subnet.version]} is 1)`;
      const message = `${why}; remove it (docker network rm ${name}), or choose ${free ?? "another"}`;
      return { path, message, ...(free ? { instead: String(free) } : {}) };
    });
  });
}

/** The sources in these subnets that pods' packets have on segments: of one pod a host and subnet, to every node. */
function sources({ nodes, pods, segments, netns }: LabPlan, subnets: readonly Subnet[]) {
  const network = new Network(netns);
  const links = new Set(segments.map(({ name }) => name));
  const addresses = pods.flatMap(({ id, host, address, address6 }) =>
    [address, ...(address6 ? [address6] : [])].flatMap((own) =>
      subnets
        .filter((subnet) => subnet.contains(own))
        .map((subnet) => ({ pod: id, host, key: `${host} ${subnet}`, own })),
    ),
  );
  const some = [...Map.groupBy(addresses, ({ key }) => key).values()].map(([first]) => first!);
  return some.flatMap(({ pod, host, own }) =>
    [...nodes, ...pods].flatMap((node) => {
      const to = own.includes(":") ? node.address6 : node.address;
      if (to === undefined) return [];
      const { forward } = walk(network, { from: pod, to, protocol: "icmp", once: true });
      return forward.flatMap((hop) => {
        const dev = network.namespace(hop.netns).netns.interfaces.find((one) => one.name === hop.interface);
        const crosses = hop.direction === "out" && dev !== undefined && links.has(dev.link);
        return crosses ? [{ pod, host, source: hop.source, segment: dev.link }] : [];
      });
    }),
  );
}
