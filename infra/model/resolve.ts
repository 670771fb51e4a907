/**
 * Fills in what the spec leaves out, deterministically: the same spec gives the same lab, and a host added at the end
 * of the list changes nothing of the others.
 */
import { Subnet } from "./address.ts";
import { bridgeAddress, nodeAddress, serverAddress } from "./addressing.ts";
import { KINDS } from "./network/kinds.ts";
import type { ResolvedLab, ResolvedPod } from "./resolvedLab.ts";
import type { ContainerSpec, HostSpec, LabSpec, PodSpec } from "./spec.ts";

/** Benchmarks and documentation ranges are nobody's; pods and nodes are private so that Kubernetes' defaults fit. */
const DEFAULTS = {
  podCidr: "192.168.0.0/16",
  segmentPool: "10.240.0.0/16",
  // RFC 5737, TEST-NET-3: stands for "an address of the internet" and is routed nowhere.
  internet: "203.0.113.0/24",
  // The private ranges (RFC 1918): ip-masq-agent's default.
  nonMasqueradeCidrs: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
  podsPerHost: 2,
  containers: [
    { name: "app", port: 8080 },
    { name: "sidecar", port: 9090 },
  ],
} as const;

const SUBNET_PREFIX = 24;

/** The spec with every default in its place. It may still break a rule: see rules.ts. */
export function resolve(spec: LabSpec, lab: string): ResolvedLab {
  const podCidr = new Subnet(spec.podCidr ?? DEFAULTS.podCidr);
  const segmentPool = new Subnet(spec.segmentPool ?? DEFAULTS.segmentPool);
  const internet = new Subnet(spec.internet?.subnet ?? DEFAULTS.internet);
  const hosts = typeof spec.hosts === "number" ? numberedHosts(spec.hosts) : spec.hosts;
  const network = spec.network ?? "routed";
  const { podSubnet: fixed } = KINDS[network];
  const podSubnets = fill(podCidr, hosts, (host) => host.podSubnet ?? fixed);
  const segments = fill(segmentPool, hosts, (host) => host.segment);
  return {
    name: spec.name ?? lab,
    network,
    podCidr,
    segmentPool,
    internet: { subnet: internet, address: spec.internet?.address ?? serverAddress(internet) },
    routerMasquerades: spec.router?.masquerade ?? true,
    expect: spec.expect ?? [],
    nonMasqueradeCidrs: spec.nonMasqueradeCidrs ?? [...DEFAULTS.nonMasqueradeCidrs],
    hosts: hosts.map((host, index) => {
      const podSubnet = podSubnets[index]!;
      const segment = segments[index]!;
      const pods = host.pods ?? numberedPods(spec.podsPerHost ?? DEFAULTS.podsPerHost);
      return {
        name: host.name,
        segment,
        address: host.address ?? nodeAddress(segment),
        podSubnet,
        pods: placePods(pods, podSubnet, spec.containers ?? [...DEFAULTS.containers]),
      };
    }),
  };
}

function numberedHosts(count: number): HostSpec[] {
  return Array.from({ length: count }, (_, index) => ({ name: `host${String(index + 1).padStart(2, "0")}` }));
}

function numberedPods(count: number): PodSpec[] {
  return Array.from({ length: count }, (_, index) => ({ name: `pod${index + 1}` }));
}

/** The given subnets, and for those left out the lowest of the pool that no other one overlaps. */
function fill(pool: Subnet, hosts: readonly HostSpec[], given: (host: HostSpec) => string | undefined): Subnet[] {
  const prefix = Math.max(SUBNET_PREFIX, pool.prefix);
  const taken = hosts.flatMap((host) => given(host) ?? []).map((cidr) => new Subnet(cidr));
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

function placePods(pods: readonly PodSpec[], podSubnet: Subnet, containers: readonly ContainerSpec[]): ResolvedPod[] {
  const taken = new Set([bridgeAddress(podSubnet), ...pods.flatMap((pod) => pod.address ?? [])]);
  let next = 1;
  return pods.map((pod) => {
    let address = pod.address;
    while (address === undefined) {
      const candidate = tryAt(() => podSubnet.at(next));
      if (candidate === undefined || !podSubnet.usable(candidate)) break;
      next += 1;
      if (!taken.has(candidate)) address = candidate;
    }
    return { name: pod.name, address, containers: pod.containers ?? containers };
  });
}

function tryAt<T>(take: () => T): T | undefined {
  try {
    return take();
  } catch {
    return undefined;
  }
}
