/** What must hold between the values of a spec. Each rule is a function; all of them are asked, and all problems told at once. */

import { Subnet } from "./address.ts";
import { bridgeAddress, reservedAddress, routerAddress } from "./addressing.ts";
import { type Family, type FamilyHost, familiesOf } from "./families.ts";
import { ipv6AsTheKindHasIt, podSubnetsAsTheKindHasThem } from "./networkRules.ts";
import { NETWORKS } from "./networks.ts";
import { POLICY_RULES } from "./policyRules.ts";
import { overlap, type Problem } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";
import { SERVICE_RULES } from "./serviceRules.ts";

/** Names of nodes that every lab has. */
const NODES = ["router", "internet"];

/** Ranges that no interface of a lab may hold (RFC 6890): each means something to the kernel already. */
const SPECIAL = [
  { subnet: new Subnet("0.0.0.0/8"), owner: '"this network"' },
  { subnet: new Subnet("127.0.0.0/8"), owner: "loopback" },
  { subnet: new Subnet("169.254.0.0/16"), owner: "link-local addresses" },
  { subnet: new Subnet("224.0.0.0/3"), owner: "multicast and reserved addresses" },
  { subnet: new Subnet("::/8"), owner: "loopback and addresses that hold IPv4 ones" },
  { subnet: new Subnet("fe80::/10"), owner: "link-local addresses" },
  { subnet: new Subnet("ff00::/8"), owner: "multicast addresses" },
];

/** Every problem of the lab, in the config's order as far as a rule knows it. */
export function problems(lab: ResolvedLab): Problem[] {
  const families = familiesOf(lab);
  return [
    ...[namesAreUnique, podSubnetsAsTheKindHasThem, ipv6AsTheKindHasIt].flatMap((rule) => rule(lab)),
    ...families.flatMap(podsFit),
    ...portsTellApart(lab),
    ...families.flatMap(hostAddresses),
    ...families.flatMap(internetAddress),
    ...families.flatMap((family) => subnetsAreFree(family, NETWORKS[lab.network].podSubnet)),
    ...POLICY_RULES.flatMap((rule) => rule(lab)),
    ...SERVICE_RULES.flatMap((rule) => rule(lab)),
  ];
}

function namesAreUnique(lab: ResolvedLab): Problem[] {
  const hosts = lab.hosts.flatMap((host, index) =>
    NODES.includes(host.name)
      ? [
          {
            path: `hosts[${index}].name`,
            message: `${host.name} is the name of the lab's own ${host.name}; choose another`,
          },
        ]
      : [],
  );
  return [
    ...hosts,
    ...duplicates("hosts", lab.hosts),
    ...duplicates("services", lab.services),
    ...duplicates("policies", lab.policies),
    ...lab.hosts.flatMap((host, index) => [
      ...duplicates(`hosts[${index}].pods`, host.pods),
      ...host.pods.flatMap((pod, at) => [
        ...duplicates(`hosts[${index}].pods[${at}].containers`, pod.containers),
        ...pod.containers.flatMap((container, number) =>
          container.name === "pause"
            ? [
                {
                  path: `hosts[${index}].pods[${at}].containers[${number}].name`,
                  message: "pause is the container that holds the pod's network namespace; choose another",
                },
              ]
            : [],
        ),
      ]),
    ]),
  ];
}

function duplicates(path: string, list: readonly { readonly name: string }[]): Problem[] {
  const names = list.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index) return [];
    const free = Array.from({ length: names.length + 1 }, (_, n) => `${name}-${n + 2}`).find(
      (one) => !names.includes(one),
    );
    return [
      {
        path: `${path}[${index}].name`,
        message: `${name} is taken by ${path}[${first}]; choose another, such as ${free}`,
      },
    ];
  });
}

function podsFit({ suffix, hosts }: Family): Problem[] {
  return hosts.flatMap((host, index) => {
    const bridge = bridgeAddress(host.podSubnet);
    return host.pods.flatMap((address, at) => {
      const path = `hosts[${index}].pods[${at}]`;
      if (address === undefined) {
        const room = host.podSubnet.capacity - 1;
        return [
          {
            path,
            message: `fits no more: podSubnet${suffix} ${host.podSubnet} has ${room} addresses for pods and ${host.name} has ${host.pods.length}; choose a shorter prefix than /${host.podSubnet.prefix} or move the pod to another host`,
          },
        ];
      }
      const say = (rule: string) => [
        { path: `${path}.address${suffix}`, message: `${address} ${rule}; choose ${firstFree(host)}` },
      ];
      if (!host.podSubnet.contains(address)) {
        return say(`lies outside ${host.name}'s podSubnet${suffix} ${host.podSubnet}`);
      }
      if (!host.podSubnet.usable(address))
        return say(`is the ${unusable(host.podSubnet)} address of ${host.podSubnet}`);
      if (address === bridge) return say(`is the bridge's own`);
      const twin = host.pods.indexOf(address);
      return twin < at ? say(`is taken by hosts[${index}].pods[${twin}]`) : [];
    });
  });
}

/** What an interface can't hold: IPv6 has no broadcast, but each router of a subnet answers to its first address (RFC 4291, 2.6.1). */
const unusable = ({ version }: Subnet): string => (version === 4 ? "network or broadcast" : "subnet-router anycast");

function firstFree({ podSubnet, pods }: FamilyHost): string {
  const taken = new Set([bridgeAddress(podSubnet), ...pods]);
  for (let n = 1; n <= podSubnet.capacity; n++) {
    const candidate = podSubnet.at(n);
    if (!taken.has(candidate)) return candidate;
  }
  return "a larger podSubnet, for this one is full";
}

function portsTellApart(lab: ResolvedLab): Problem[] {
  return lab.hosts.flatMap((host, index) =>
    host.pods.flatMap((pod, at) =>
      pod.containers.flatMap((container, number) => {
        const path = `hosts[${index}].pods[${at}].containers[${number}]`;
        if (container.port === undefined) {
          if (container.image !== undefined || container.command !== undefined) return [];
          return [{ path, message: "has no port, image or command; give podlab's own server a port (port: 8080)" }];
        }
        const twin = pod.containers.findIndex((other) => other.port === container.port);
        if (twin === number) return [];
        const ports = pod.containers.flatMap((other) => other.port ?? []);
        return [
          {
            path: `${path}.port`,
            message: `${container.port} is taken by containers[${twin}]; containers of a pod share one address, so choose another port, such as ${(Math.max(...ports) % 65535) + 1}`,
          },
        ];
      }),
    ),
  );
}

function hostAddresses({ suffix, hosts }: Family): Problem[] {
  return hosts.flatMap(({ segment, address }, index) =>
    freeForNode(`hosts[${index}].address${suffix}`, segment, address, `segment${suffix}`),
  );
}

function internetAddress({ suffix, internet }: Family): Problem[] {
  return freeForNode(`internet.address${suffix}`, internet.subnet, internet.address, `internet.subnet${suffix}`);
}

function freeForNode(path: string, segment: Subnet, address: string, what: string): Problem[] {
  const say = (rule: string) => [{ path, message: `${address} ${rule}; choose ${segment.at(2)}` }];
  if (!segment.contains(address)) return say(`lies outside its ${what} ${segment}`);
  if (!segment.usable(address)) return say(`is the ${unusable(segment)} address of ${segment}`);
  if (address === routerAddress(segment)) return say("is the router's");
  // Docker's networks know IPv4 only: what a node has of IPv6, it gives itself (address6.sh).
  if (segment.version === 4 && address === reservedAddress(segment)) {
    return say("is the one that Docker's IPAM keeps as a gateway");
  }
  return [];
}

function subnetsAreFree({ suffix, hosts, internet, ...family }: Family, fixed: string | undefined): Problem[] {
  const { podCidr, segmentPool, prefix } = family;
  const all = [
    { path: `internet.subnet${suffix}`, subnet: internet.subnet, pool: segmentPool },
    ...hosts.map(({ segment }, at) => ({ path: `hosts[${at}].segment${suffix}`, subnet: segment, pool: segmentPool })),
    ...hosts.map(({ podSubnet }, at) => ({
      path: `hosts[${at}].podSubnet${suffix}`,
      subnet: podSubnet,
      pool: podCidr,
    })),
  ];
  const taken = all.map(({ subnet }) => subnet);
  // docker0's whole point is that every host has the same pod subnet.
  const meantToBe = (...paths: string[]) => fixed !== undefined && paths.every((path) => path.endsWith(".podSubnet"));
  return all.flatMap(({ path, subnet, pool }, index) => {
    const special = SPECIAL.find((range) => range.subnet.overlaps(subnet));
    const proposal = () => freeSubnet(pool, prefix, taken)?.toString() ?? `one outside ${pool}, which is full`;
    if (special) {
      return [overlap(path, subnet, special, proposal())];
    }
    const other = all
      .slice(0, index)
      .find((earlier) => earlier.subnet.overlaps(subnet) && !meantToBe(earlier.path, path));
    return other ? [overlap(path, subnet, { subnet: other.subnet, owner: other.path }, proposal())] : [];
  });
}

/** The lowest subnet of the pool that overlaps none of the taken ones; undefined when there is none. */
export function freeSubnet(pool: Subnet, prefix: number, taken: readonly Subnet[]): Subnet | undefined {
  const count = 2 ** Math.max(0, Math.min(16, prefix - pool.prefix));
  for (let n = 0; n < count; n++) {
    const candidate = pool.subnet(n, Math.max(prefix, pool.prefix));
    if (!taken.some((other) => other.overlaps(candidate))) return candidate;
  }
  return undefined;
}
