/**
 * Fills in what the spec leaves out, deterministically: the same spec gives the same lab, and a host added at the end
 * of the list changes nothing of the others.
 */
import { createHash } from "node:crypto";
import { canonical, Subnet } from "./address.ts";
import { bridgeAddress, nodeAddress, serverAddress } from "./addressing.ts";
import type { Labels, ServiceSpec } from "./kubernetes.ts";
import { machineOf, mtuOf } from "./machines.ts";
import { NETWORKS } from "./networks.ts";
import type { ResolvedHost, ResolvedLab, ResolvedService } from "./resolvedLab.ts";
import { DEFAULT_NAMESPACE, podsSelected } from "./selection.ts";
import type { HostSpec, LabSpec, PodSpec } from "./spec.ts";

/** Benchmarks and documentation ranges are nobody's; pods and nodes are private so that Kubernetes' defaults fit. */
export const DEFAULTS = {
  podCidr: "192.168.0.0/16",
  segmentPool: "10.240.0.0/16",
  // RFC 5737, TEST-NET-3: stands for "an address of the internet" and is routed nowhere.
  internet: "203.0.113.0/24",
  // The private ranges (RFC 1918): ip-masq-agent's default.
  nonMasqueradeCidrs: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
  // RFC 3849: documentation, routed nowhere.
  internet6: "2001:db8::/64",
  // Unique local addresses (RFC 4193), IPv6's private range.
  nonMasqueradeCidrs6: ["fc00::/7"],
  // What kubeadm takes when nothing is said.
  serviceCidr: "10.96.0.0/16",
  podsPerHost: 2,
  containers: [
    { name: "app", ports: [{ containerPort: 8080 }] },
    { name: "sidecar", ports: [{ containerPort: 9090 }] },
  ],
} satisfies Record<string, unknown>;

const SUBNET_PREFIX = { 4: 24, 6: 64 } as const;

/** The spec with every default in its place. It may still break a rule: see rules.ts. */
export function resolve(spec: LabSpec, lab: string): ResolvedLab {
  const podCidr = new Subnet(spec.podCidr ?? DEFAULTS.podCidr);
  const segmentPool = new Subnet(spec.segmentPool ?? DEFAULTS.segmentPool);
  const internet = new Subnet(spec.internet?.subnet ?? DEFAULTS.internet);
  const hosts = hostsOf(spec);
  const network = spec.network ?? "routed";
  const { podSubnet: fixed } = NETWORKS[network];
  const name = spec.name ?? lab;
  const ipv6 = spec.ipv6 ? poolsIn(typeof spec.ipv6 === "string" ? new Subnet(spec.ipv6) : ulaOf(name)) : undefined;
  const v6 = ipv6 && internet6(spec.internet ?? {});
  const serviceCidr = new Subnet(spec.serviceCidr ?? DEFAULTS.serviceCidr);
  const apart = [internet, ...(v6 ? [v6.subnet] : []), ...(spec.services?.length ? [serviceCidr] : [])];
  const given = subnetsOf([fixed, ...hosts.flatMap(({ podSubnet, podSubnet6 }) => [podSubnet, podSubnet6])]);
  const segments = fill(segmentPool, hosts, (host) => host.segment, [...apart, ...given]);
  const podSubnets = fill(podCidr, hosts, (host) => host.podSubnet ?? fixed, [...apart, ...segments]);
  const segments6 = ipv6 && fill(ipv6.segmentPool, hosts, (host) => host.segment6, [...apart, ...given]);
  const podSubnets6 = ipv6 && fill(ipv6.podCidr, hosts, (host) => host.podSubnet6, [...apart, ...segments6!]);
  const resolved = hosts.map((host, index): ResolvedHost => {
    const podSubnet = podSubnets[index]!;
    const segment = segments[index]!;
    const pods = host.pods ?? numberedPods(spec.podsPerHost ?? DEFAULTS.podsPerHost);
    const own6 = v6Of(host, segments6?.[index], podSubnets6?.[index]);
    const addresses = placed(podSubnet, pods, (pod) => pod.address, bridgeAddress(podSubnet));
    const addresses6 = own6 && placed(own6.podSubnet, pods, (pod) => pod.address6, bridgeAddress(own6.podSubnet));
    const machine = machineOf(spec.machines, index, host.machine);
    return {
      name: host.name,
      ...(machine ? { machine } : {}),
      segment,
      address: host.address ?? nodeAddress(segment),
      podSubnet,
      ...(own6 ? { v6: own6 } : {}),
      pods: pods.map((pod, at) => ({
        name: pod.name,
        namespace: pod.namespace ?? DEFAULT_NAMESPACE,
        labels: pod.labels ?? {},
        address: addresses[at],
        ...(addresses6 ? { address6: addresses6[at] } : {}),
        containers: pod.containers ?? spec.containers ?? [...DEFAULTS.containers],
      })),
    };
  });
  const namespaces = namespacesOf(spec, resolved);
  return {
    name,
    network,
    mtu: mtuOf(spec.mtu, spec.machines),
    podCidr,
    segmentPool,
    ...(ipv6 ? { ipv6 } : {}),
    internet: {
      subnet: internet,
      address: spec.internet?.address ?? serverAddress(internet),
      ...(v6 ? { v6 } : {}),
    },
    routerMasquerades: spec.router?.masquerade ?? true,
    expect: spec.expect ?? [],
    nonMasqueradeCidrs: (
      spec.nonMasqueradeCidrs ?? [...DEFAULTS.nonMasqueradeCidrs, ...(ipv6 ? DEFAULTS.nonMasqueradeCidrs6 : [])]
    ).map((cidr) => new Subnet(cidr).toString()),
    namespaces,
    services: placeServices(spec.services ?? [], serviceCidr, { hosts: resolved, namespaces }),
    serviceCidr,
    masqueradeAll: spec.masqueradeAll ?? false,
    policies: spec.policies ?? [],
    hosts: resolved,
  };
}

/** Returns the list of hosts, also of a spec that gives their number. */
export function hostsOf({ hosts }: LabSpec): readonly HostSpec[] {
  if (typeof hosts !== "number") return hosts;
  return Array.from({ length: hosts }, (_, index) => ({ name: `host${String(index + 1).padStart(2, "0")}` }));
}

function numberedPods(count: number): PodSpec[] {
  return Array.from({ length: count }, (_, index) => ({ name: `pod${index + 1}` }));
}

/** The given subnets, and for those left out the lowest of the pool that no other one overlaps. */
function fill(
  pool: Subnet,
  hosts: readonly HostSpec[],
  given: (host: HostSpec) => string | undefined,
  others: readonly Subnet[],
): Subnet[] {
  const prefix = Math.max(SUBNET_PREFIX[pool.version], pool.prefix);
  const taken = [...others, ...subnetsOf(hosts.map(given))];
  let next = prefix === pool.prefix ? 0 : 1;
  return hosts.map((host) => {
    const own = given(host);
    if (own !== undefined) return new Subnet(own);
    for (;;) {
      const candidate = tryAt(() => pool.subnet(next, prefix));
      // A pool that ran out gives its last subnet twice; rules.ts reports the overlap and its cause.
      if (candidate === undefined) return pool.subnet(Math.max(0, next - 1), prefix);
      next += 1;
      if (!taken.some((other) => other.overlaps(candidate))) return candidate;
    }
  });
}

const subnetsOf = (cidrs: readonly (string | undefined)[]): Subnet[] =>
  cidrs.flatMap((cidr) => (cidr === undefined ? [] : new Subnet(cidr)));

/** The given addresses, and for those left out the lowest of the subnet that is neither given nor the bridge's. */
function placed<One>(
  subnet: Subnet,
  list: readonly One[],
  given: (one: One) => string | undefined,
  bridge?: string,
): (string | undefined)[] {
  const own = list.map(given).map((address) => address && canonical(address));
  const taken = new Set([bridge, ...own]);
  let next = 1;
  return own.map((known) => {
    let address = known;
    while (address === undefined) {
      const candidate = tryAt(() => subnet.at(next));
      if (candidate === undefined || !subnet.usable(candidate)) break;
      next += 1;
      if (!taken.has(candidate)) address = candidate;
    }
    return address;
  });
}

/** A lab's /48: 40 bits of a digest of its name stand for the random number that RFC 4193 (3.2) asks for. */
function ulaOf(lab: string): Subnet {
  const digest = createHash("sha256").update(lab).digest("hex");
  return new Subnet(`fd${digest.slice(0, 2)}:${digest.slice(2, 6)}:${digest.slice(6, 10)}::/48`);
}

/** Host n's segment is subnet n of the /48, its pod subnet 100 (hexadecimal) further. */
function poolsIn(prefix: Subnet): NonNullable<ResolvedLab["ipv6"]> {
  return { segmentPool: prefix.subnet(0, 56), podCidr: prefix.subnet(1, 56) };
}

function v6Of({ address6 }: HostSpec, segment: Subnet | undefined, podSubnet: Subnet | undefined) {
  if (!segment || !podSubnet) return undefined;
  return { segment, address: canonical(address6 ?? nodeAddress(segment)), podSubnet };
}

function internet6({ subnet6 = DEFAULTS.internet6, address6 }: NonNullable<LabSpec["internet"]>) {
  const subnet = new Subnet(subnet6);
  return { subnet, address: canonical(address6 ?? serverAddress(subnet)) };
}

/** The namespaces of pods and those that are written down, each with the label by which Kubernetes tells it. */
function namespacesOf({ namespaces = {} }: LabSpec, hosts: readonly ResolvedHost[]): Record<string, Labels> {
  const used = hosts.flatMap(({ pods }) => pods.map(({ namespace }) => namespace));
  const names = new Set([DEFAULT_NAMESPACE, ...used, ...Object.keys(namespaces)]);
  return Object.fromEntries(
    [...names].map((name) => [name, { ...namespaces[name], "kubernetes.io/metadata.name": name }]),
  );
}

function placeServices(
  services: readonly ServiceSpec[],
  serviceCidr: Subnet,
  pods: Parameters<typeof podsSelected>[0],
): ResolvedService[] {
  const addresses = placed(serviceCidr, services, ({ clusterIP }) => clusterIP);
  return services.map(({ name, namespace = DEFAULT_NAMESPACE, ports, selector, endpoints }, at) => {
    const selected = selector ? podsSelected(pods, namespace, { matchLabels: selector }).map(({ id }) => id) : [];
    return {
      name,
      namespace,
      clusterIP: addresses[at],
      ports: ports.map(({ port, ...one }) => ({
        name: one.name,
        protocol: one.protocol ?? "TCP",
        port,
        targetPort: one.targetPort ?? port,
        nodePort: one.nodePort,
      })),
      endpoints: endpoints ?? selected,
    };
  });
}

function tryAt<T>(take: () => T): T | undefined {
  try {
    return take();
  } catch {
    return undefined;
  }
}
