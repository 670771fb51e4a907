/** What must hold between the values of a spec. Each rule is a function; all of them are asked, and all problems told at once. */

import { Subnet } from "./address.ts";
import { bridgeAddress, reservedAddress, routerAddress } from "./addressing.ts";
import { type Family, familiesOf } from "./families.ts";
import { spreadProblems } from "./machines.ts";
import { ipv6AsTheKindHasIt, podSubnetsAsTheKindHasThem } from "./networkRules.ts";
import { NETWORKS } from "./networks.ts";
import { overlap } from "./overlap.ts";
import { POLICY_RULES, policyName } from "./policyRules.ts";
import { firstFree, type Problem, problemAt } from "./problem.ts";
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

/** Pure. Returns what is wrong with names, and with what the kind of network leaves no choice about. */
export function nameProblems(lab: ResolvedLab): Problem[] {
  return [namesAreUnique, namespacesExist, podSubnetsAsTheKindHasThem, ipv6AsTheKindHasIt, spreadProblems].flatMap(
    (rule) => rule(lab),
  );
}

/** Labs of so many hosts are told of each subnet that a pool has not got, with a free one in its place. */
const FEW = 64;

/** Pure. Returns the pools that have fewer subnets than a large lab has hosts. */
export function poolProblems(lab: ResolvedLab): Problem[] {
  const { hosts, podCidr, segmentPool, network } = lab;
  if (hosts.length <= FEW) return [];
  const fixed = NETWORKS[network].podSubnet !== undefined;
  const pools = [
    { path: "segmentPool", pool: segmentPool, larger: "172.16.0.0/12", own: hosts.map(({ segment }) => segment) },
    { path: "podCidr", pool: podCidr, larger: "10.0.0.0/8", own: fixed ? [] : hosts.map(({ podSubnet }) => podSubnet) },
  ];
  return pools.flatMap(({ path, pool, larger, own }) => {
    // The first one is left free (resolve.ts).
    const room = Math.max(1, 2 ** (24 - pool.prefix) - 1);
    const taking = own.filter((one) => one.prefix === Math.max(24, pool.prefix) && pool.contains(one.network)).length;
    if (taking <= room) return [];
    const message = `${pool} has a /24 for ${room.toLocaleString("en")} hosts, and the lab has ${taking.toLocaleString("en")}; choose a larger one, such as ${larger}`;
    return problemAt(path, message);
  });
}

/** Pure. Returns what is wrong with subnets. */
export function subnetProblems(lab: ResolvedLab): Problem[] {
  return familiesOf(lab).flatMap((family) => subnetsAreFree(family, lab));
}

/** Pure. Returns what is wrong with addresses, ports and all else. */
export function valueProblems(lab: ResolvedLab): Problem[] {
  const families = familiesOf(lab);
  return [
    ...families.flatMap(podsFit),
    ...portsTellApart(lab),
    ...families.flatMap(hostAddresses),
    ...families.flatMap(internetAddress),
    ...POLICY_RULES.flatMap((rule) => rule(lab)),
    ...SERVICE_RULES.flatMap((rule) => rule(lab)),
  ];
}

function namesAreUnique(lab: ResolvedLab): Problem[] {
  const policies = lab.policies.map((one) => ({ name: policyName(one) }));
  return [
    ...lab.hosts.flatMap(({ name }, index) => {
      const message = `${name} is the name of the lab's own ${name}; choose another`;
      return NODES.includes(name) ? problemAt(`hosts[${index}].name`, message) : [];
    }),
    ...duplicates("hosts", lab.hosts),
    ...duplicates("services", lab.services),
    ...lab.services.flatMap(({ ports }, at) => duplicates(`services[${at}].ports`, ports)),
    ...duplicates("policies", policies),
    ...lab.hosts.flatMap((host, index) => [
      ...duplicates(`hosts[${index}].pods`, host.pods),
      ...host.pods.flatMap((pod, at) => [
        ...duplicates(`hosts[${index}].pods[${at}].containers`, pod.containers),
        ...pod.containers.flatMap(({ name, ports = [] }, number) => {
          const path = `hosts[${index}].pods[${at}].containers[${number}]`;
          const message = "pause is the container that holds the pod's network namespace; choose another";
          return [
            ...(name === "pause" ? problemAt(`${path}.name`, message) : []),
            ...duplicates(`${path}.ports`, ports),
          ];
        }),
      ]),
    ]),
  ];
}

function duplicates(path: string, list: readonly { readonly name?: string | undefined }[]): Problem[] {
  const names = list.map(({ name }) => name);
  const taken = new Set(names);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === undefined || first === index) return [];
    const free = firstFree((n) => `${name}-${n + 2}`, taken);
    return problemAt(
      `${path}[${index}].name`,
      `${name} is taken by ${path}[${first}]; choose another, such as ${free}`,
    );
  });
}

/** A namespace exists when a pod is in it, or when it is listed. */
function namespacesExist({ services, policies, namespaces }: ResolvedLab): Problem[] {
  const known = Object.keys(namespaces).join(", ");
  const unknown = (path: string, list: readonly { readonly namespace?: string | undefined }[]) =>
    list.flatMap(({ namespace }, at) => {
      if (namespace === undefined || Object.hasOwn(namespaces, namespace)) return [];
      const message = `${namespace} has no pods and is not listed in namespaces; list it, or choose one of ${known}`;
      return problemAt(`${path}[${at}].namespace`, message);
    });
  return [...unknown("services", services), ...unknown("policies", policies)];
}

function podsFit({ suffix, hosts }: Family): Problem[] {
  return hosts.flatMap((host, index) => {
    const bridge = bridgeAddress(host.podSubnet);
    const taken = new Set([bridge, ...host.pods]);
    return host.pods.flatMap((address, at) => {
      const path = `hosts[${index}].pods[${at}]`;
      if (address === undefined) {
        const room = host.podSubnet.capacity - 1;
        return problemAt(
          path,
          `fits no more: podSubnet${suffix} ${host.podSubnet} has ${room} addresses for pods and ${host.name} has ${host.pods.length}; choose a shorter prefix than /${host.podSubnet.prefix} or move the pod to another host`,
        );
      }
      const say = (rule: string) =>
        problemAt(`${path}.address${suffix}`, `${address} ${rule}; choose ${freeAddress(host.podSubnet, taken)}`);
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

function freeAddress(podSubnet: Subnet, taken: Set<string | undefined>): string {
  const free = taken.size <= podSubnet.capacity;
  return free ? firstFree((n) => podSubnet.at(n + 1), taken) : "a larger podSubnet, for this one is full";
}

function portsTellApart(lab: ResolvedLab): Problem[] {
  return lab.hosts.flatMap((host, index) =>
    host.pods.flatMap(({ containers }, at) => {
      const numbers = containers.map(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
      const taken = new Set(numbers.flat());
      return containers.flatMap(({ image, command, args, ports = [] }, number) => {
        const path = `hosts[${index}].pods[${at}].containers[${number}]`;
        if (ports.length === 0 && (image ?? command ?? args) === undefined) {
          const fix = "give podlab's own server a port (ports: [{containerPort: 8080}])";
          return problemAt(path, `has no ports, image, command or args; ${fix}`);
        }
        return ports.flatMap(({ containerPort }, n) => {
          const twin = numbers.slice(0, number).findIndex((others) => others.includes(containerPort));
          if (twin < 0) return [];
          const free = firstFree((more) => ((containerPort + more) % 65535) + 1, taken);
          return problemAt(
            `${path}.ports[${n}].containerPort`,
            `${containerPort} is taken by containers[${twin}]; containers of a pod share one address, so choose another port, such as ${free}`,
          );
        });
      });
    }),
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
  const say = (rule: string) => problemAt(path, `${address} ${rule}; choose ${segment.at(2)}`);
  if (!segment.contains(address)) return say(`lies outside its ${what} ${segment}`);
  if (!segment.usable(address)) return say(`is the ${unusable(segment)} address of ${segment}`);
  if (address === routerAddress(segment)) return say("is the router's");
  // Docker's networks know IPv4 only: what a node has of IPv6, its agent gives it.
  if (segment.version === 4 && address === reservedAddress(segment)) {
    return say("is the one that Docker's IPAM keeps as a gateway");
  }
  return [];
}

/** Where services' addresses may come from: what kubeadm takes lies in it. */
const SERVICES = new Subnet("10.96.0.0/12");

function subnetsAreFree({ suffix, hosts, internet, ...family }: Family, lab: ResolvedLab): Problem[] {
  const { podCidr, segmentPool, prefix } = family;
  const nodes = [
    { path: `internet.subnet${suffix}`, subnet: internet.subnet, pool: segmentPool, size: prefix },
    ...hosts.map(({ segment }, at) => {
      return { path: `hosts[${at}].segment${suffix}`, subnet: segment, pool: segmentPool, size: prefix };
    }),
  ];
  const pods = hosts.map(({ podSubnet }, at) => {
    return { path: `hosts[${at}].podSubnet${suffix}`, subnet: podSubnet, pool: podCidr, size: prefix };
  });
  // An address of serviceCidr that somebody holds would be asked in vain: services take what is for it.
  const services =
    suffix === "" && lab.services.length > 0
      ? [{ path: "serviceCidr", subnet: lab.serviceCidr, pool: SERVICES, size: 16 }]
      : [];
  const fixed = NETWORKS[lab.network].podSubnet !== undefined;
  const all = [...(fixed ? [...pods, ...nodes] : [...nodes, ...pods]), ...services];
  const taken = [...all, ...SPECIAL].map(({ subnet }) => subnet);
  return all.flatMap((placed, index) => {
    // docker0's whole point is that every host has the same pod subnet.
    const earlier = fixed && index < pods.length ? [] : all.slice(0, index);
    const others = [...SPECIAL, ...earlier.map((one) => ({ subnet: one.subnet, owner: one.path }))];
    const other = others.find((one) => one.subnet.overlaps(placed.subnet));
    return other ? [overlap(placed, other, taken)] : [];
  });
}
