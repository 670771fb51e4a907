/** What must hold of services. Each rule is asked by rules.ts, and all problems are told at once. */
import { Subnet } from "./address.ts";
import { podId } from "./names.ts";
import { needsDistinctPods } from "./networkRules.ts";
import { overlap, type Problem } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";

/** Targets of checks are called svc/NAME: no host may be. */
const TARGETS = "svc";

export function servicesFitTheKind({ network, services }: ResolvedLab): Problem[] {
  return services.length === 0 ? [] : needsDistinctPods(network, "services");
}

export function serviceNames({ hosts, services }: ResolvedLab): Problem[] {
  if (services.length === 0) return [];
  return hosts.flatMap(({ name }, at) =>
    name === TARGETS
      ? [{ path: `hosts[${at}].name`, message: `${name} is what services are named by; choose another` }]
      : [],
  );
}

export function serviceAddresses({ services, serviceCidr }: ResolvedLab): Problem[] {
  const taken = new Set(services.flatMap(({ address }) => address ?? []));
  const free = () => {
    for (let n = 1; n <= serviceCidr.capacity; n++) if (!taken.has(serviceCidr.at(n))) return serviceCidr.at(n);
    return "a larger serviceCidr, for this one is full";
  };
  return services.flatMap(({ address }, at) => {
    const path = `services[${at}]`;
    if (address === undefined) {
      const room = serviceCidr.capacity;
      return [
        {
          path,
          message: `fits no more: serviceCidr ${serviceCidr} has ${room} addresses; choose a shorter prefix than /${serviceCidr.prefix}`,
        },
      ];
    }
    const say = (rule: string) => [{ path: `${path}.address`, message: `${address} ${rule}; choose ${free()}` }];
    if (!serviceCidr.contains(address)) return say(`lies outside serviceCidr ${serviceCidr}`);
    if (!serviceCidr.usable(address)) return say(`is the network or broadcast address of ${serviceCidr}`);
    const twin = services.findIndex((other) => other.address === address);
    return twin < at ? say(`is taken by services[${twin}]`) : [];
  });
}

export function nodePortsTellApart({ services }: ResolvedLab): Problem[] {
  const ports = services.map(({ nodePort }) => nodePort);
  return ports.flatMap((port, at) => {
    const twin = ports.indexOf(port);
    if (port === undefined || twin === at) return [];
    let free = 30_000;
    while (ports.includes(free)) free += 1;
    return [
      {
        path: `services[${at}].nodePort`,
        message: `${port} is taken by services[${twin}]; choose another, such as ${free}`,
      },
    ];
  });
}

export function endpointsArePods({ hosts, services }: ResolvedLab): Problem[] {
  const pods = hosts.flatMap((host) => host.pods.map((pod) => podId(host.name, pod.name)));
  const some = pods.length > 6 ? `${pods.slice(0, 6).join(", ")} …` : pods.join(", ") || "there is none";
  return services.flatMap(({ endpoints, selector }, at) => {
    if (selector !== undefined) return [];
    return endpoints.flatMap((id, number) => {
      const path = `services[${at}].endpoints[${number}]`;
      if (!pods.includes(id)) return [{ path, message: `${id} is no pod of this lab; choose one of ${some}` }];
      return endpoints.indexOf(id) < number
        ? [{ path, message: `${id} is named twice; every endpoint gets an equal share, so name it once` }]
        : [];
    });
  });
}

/** An address of serviceCidr that somebody holds would be asked in vain: services take what is for it. */
export function serviceCidrIsNobodys({ hosts, internet, services, serviceCidr }: ResolvedLab): Problem[] {
  if (services.length === 0) return [];
  const used = [
    { path: "internet.subnet", subnet: internet.subnet },
    ...hosts.map(({ segment }, at) => ({ path: `hosts[${at}].segment`, subnet: segment })),
    ...hosts.map(({ podSubnet }, at) => ({ path: `hosts[${at}].podSubnet`, subnet: podSubnet })),
  ];
  const met = used.find(({ subnet }) => subnet.overlaps(serviceCidr));
  if (met === undefined) return [];
  const pool = new Subnet("10.96.0.0/12");
  const free = Array.from({ length: 16 }, (_, n) => pool.subnet(n, 16)).find(
    (one) => !used.some(({ subnet }) => subnet.overlaps(one)),
  );
  return [overlap("serviceCidr", serviceCidr, { subnet: met.subnet, owner: met.path }, free)];
}

export const SERVICE_RULES = [
  servicesFitTheKind,
  serviceNames,
  serviceAddresses,
  nodePortsTellApart,
  endpointsArePods,
  serviceCidrIsNobodys,
] as const;
