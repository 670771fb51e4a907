/** What must hold between the values of a spec. Each rule is a function; all of them are asked, and all problems told at once. */
import { Subnet } from "./address.ts";
import { bridgeAddress, reservedAddress, routerAddress } from "./addressing.ts";
import { KINDS } from "./network/kinds.ts";
import type { Problem } from "./problem.ts";
import type { ResolvedHost, ResolvedLab } from "./resolvedLab.ts";

/** Names of nodes that every lab has. */
const NODES = ["router", "internet"];

/** Ranges that no interface of a lab may hold (RFC 6890): each means something to the kernel already. */
const SPECIAL = [
  { subnet: new Subnet("0.0.0.0/8"), what: '"this network"' },
  { subnet: new Subnet("127.0.0.0/8"), what: "loopback" },
  { subnet: new Subnet("169.254.0.0/16"), what: "link-local addresses" },
  { subnet: new Subnet("224.0.0.0/3"), what: "multicast and reserved addresses" },
];

/** Every problem of the lab, in the config's order as far as a rule knows it. */
export function problems(lab: ResolvedLab): Problem[] {
  return [
    namesAreUnique,
    podSubnetsAsTheKindHasThem,
    podsFit,
    portsTellApart,
    hostAddresses,
    internetAddress,
    subnetsAreFree,
  ].flatMap((rule) => rule(lab));
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

function podSubnetsAsTheKindHasThem(lab: ResolvedLab): Problem[] {
  const { podSubnet: fixed } = KINDS[lab.network];
  if (fixed === undefined) return [];
  return lab.hosts.flatMap(({ podSubnet }, at) =>
    podSubnet.toString() === fixed
      ? []
      : [
          {
            path: `hosts[${at}].podSubnet`,
            message: `${podSubnet} is no choice with network ${lab.network}: remove it, every host has ${fixed}`,
          },
        ],
  );
}

function podsFit(lab: ResolvedLab): Problem[] {
  return lab.hosts.flatMap((host, index) => {
    const bridge = bridgeAddress(host.podSubnet);
    return host.pods.flatMap((pod, at) => {
      const path = `hosts[${index}].pods[${at}]`;
      if (pod.address === undefined) {
        const room = host.podSubnet.capacity - 1;
        return [
          {
            path,
            message: `fits no more: podSubnet ${host.podSubnet} has ${room} addresses for pods and ${host.name} has ${host.pods.length}; choose a shorter prefix than /${host.podSubnet.prefix} or move the pod to another host`,
          },
        ];
      }
      const free = firstFree(host);
      const say = (rule: string) => [{ path: `${path}.address`, message: `${pod.address} ${rule}; choose ${free}` }];
      if (!host.podSubnet.contains(pod.address)) return say(`lies outside ${host.name}'s podSubnet ${host.podSubnet}`);
      if (!host.podSubnet.usable(pod.address)) return say(`is the network or broadcast address of ${host.podSubnet}`);
      if (pod.address === bridge) return say(`is the bridge's own`);
      const twin = host.pods.findIndex((other) => other.address === pod.address);
      return twin < at ? say(`is taken by hosts[${index}].pods[${twin}]`) : [];
    });
  });
}

function firstFree(host: ResolvedHost): string {
  const taken = new Set([bridgeAddress(host.podSubnet), ...host.pods.flatMap((pod) => pod.address ?? [])]);
  for (let n = 1; n <= host.podSubnet.capacity; n++) {
    const candidate = host.podSubnet.at(n);
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

function hostAddresses(lab: ResolvedLab): Problem[] {
  return lab.hosts.flatMap(({ segment, address }, index) =>
    freeForNode(`hosts[${index}].address`, segment, address, "segment"),
  );
}

function internetAddress({ internet }: ResolvedLab): Problem[] {
  return freeForNode("internet.address", internet.subnet, internet.address, "internet.subnet");
}

function freeForNode(path: string, segment: Subnet, address: string, what: string): Problem[] {
  const say = (rule: string) => [{ path, message: `${address} ${rule}; choose ${segment.at(2)}` }];
  if (!segment.contains(address)) return say(`lies outside its ${what} ${segment}`);
  if (!segment.usable(address)) return say(`is the network or broadcast address of ${segment}`);
  if (address === routerAddress(segment)) return say("is the router's");
  if (address === reservedAddress(segment)) return say("is the one that Docker's IPAM keeps as a gateway");
  return [];
}

function subnetsAreFree(lab: ResolvedLab): Problem[] {
  const all = [
    { path: "internet.subnet", subnet: lab.internet.subnet, pool: lab.segmentPool, prefix: 24 },
    ...lab.hosts.map(({ segment }, at) => ({
      path: `hosts[${at}].segment`,
      subnet: segment,
      pool: lab.segmentPool,
      prefix: 24,
    })),
    ...lab.hosts.map(({ podSubnet }, at) => ({
      path: `hosts[${at}].podSubnet`,
      subnet: podSubnet,
      pool: lab.podCidr,
      prefix: 24,
    })),
  ];
  const taken = all.map(({ subnet }) => subnet);
  // docker0's whole point is that every host has the same pod subnet.
  const { podSubnet: fixed } = KINDS[lab.network];
  const meantToBe = (...paths: string[]) => fixed !== undefined && paths.every((path) => path.endsWith(".podSubnet"));
  return all.flatMap(({ path, subnet, pool, prefix }, index) => {
    const special = SPECIAL.find((range) => range.subnet.overlaps(subnet));
    const proposal = () => freeSubnet(pool, prefix, taken)?.toString() ?? `one outside ${pool}, which is full`;
    if (special) {
      return [{ path, message: `${subnet} overlaps ${special.subnet}, ${special.what}; choose ${proposal()}` }];
    }
    const other = all
      .slice(0, index)
      .find((earlier) => earlier.subnet.overlaps(subnet) && !meantToBe(earlier.path, path));
    return other ? [{ path, message: `${subnet} overlaps ${other.path} ${other.subnet}; choose ${proposal()}` }] : [];
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
