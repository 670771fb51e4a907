/** What must hold of services. Each rule is asked by rules.ts, and all problems are told at once. */
import { podId } from "./names.ts";
import { needsDistinctPods } from "./networkRules.ts";
import { firstFree, type Problem } from "./problem.ts";
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
  const taken = new Set<string | undefined>(services.flatMap(({ address }) => address ?? []));
  const free = () =>
    taken.size < serviceCidr.capacity
      ? firstFree((n) => serviceCidr.at(n + 1), taken)
      : "a larger serviceCidr, for this one is full";
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
  const taken = new Set(ports);
  return ports.flatMap((port, at) => {
    const twin = ports.indexOf(port);
    if (port === undefined || twin === at) return [];
    const free = firstFree((n) => 30_000 + n, taken);
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

export const SERVICE_RULES = [
  servicesFitTheKind,
  serviceNames,
  serviceAddresses,
  nodePortsTellApart,
  endpointsArePods,
] as const;
