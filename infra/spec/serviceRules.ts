/** What must hold of services. Each rule is asked by rules.ts, and all problems are told at once. */
import { podId } from "./names.ts";
import { needsDistinctPods } from "./networkRules.ts";
import { firstFree, type Problem, problemAt } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";

/** Targets of checks are called svc/NAME: no host may be. */
const TARGETS = "svc";

export function servicesFitTheKind({ network, services }: ResolvedLab): Problem[] {
  return services.length === 0 ? [] : needsDistinctPods(network, "services");
}

export function serviceNames({ hosts, services }: ResolvedLab): Problem[] {
  if (services.length === 0) return [];
  const message = `${TARGETS} is what services are named by; choose another`;
  return hosts.flatMap(({ name }, at) => (name === TARGETS ? problemAt(`hosts[${at}].name`, message) : []));
}

export function serviceAddresses({ services, serviceCidr }: ResolvedLab): Problem[] {
  const taken = new Set<string | undefined>(services.flatMap(({ clusterIP }) => clusterIP ?? []));
  const free = () =>
    taken.size < serviceCidr.capacity
      ? firstFree((n) => serviceCidr.at(n + 1), taken)
      : "a larger serviceCidr, for this one is full";
  return services.flatMap(({ clusterIP: address }, at) => {
    const path = `services[${at}]`;
    if (address === undefined) {
      const { capacity, prefix } = serviceCidr;
      return problemAt(
        path,
        `fits no more: serviceCidr ${serviceCidr} has ${capacity} addresses; choose a shorter prefix than /${prefix}`,
      );
    }
    const say = (rule: string) => problemAt(`${path}.clusterIP`, `${address} ${rule}; choose ${free()}`);
    if (!serviceCidr.contains(address)) return say(`lies outside serviceCidr ${serviceCidr}`);
    if (!serviceCidr.usable(address)) return say(`is the network or broadcast address of ${serviceCidr}`);
    const twin = services.findIndex((other) => other.clusterIP === address);
    return twin < at ? say(`is taken by services[${twin}]`) : [];
  });
}

/** Ports of one service: by name where there are several, each number once a protocol. */
export function portsTellApart({ services }: ResolvedLab): Problem[] {
  return services.flatMap(({ ports }, at) => {
    const taken = new Set(ports.map(({ port }) => port));
    return ports.flatMap(({ name, protocol, port }, n): Problem[] => {
      const path = `services[${at}].ports[${n}]`;
      const nameless = "is missing; a service with several ports tells them apart by name, such as http";
      const twin = ports.findIndex((other) => other.port === port && other.protocol === protocol);
      const free = () => firstFree((more) => ((port + more) % 65535) + 1, taken);
      return [
        ...(name === undefined && ports.length > 1 ? problemAt(`${path}.name`, nameless) : []),
        ...(twin < n
          ? problemAt(`${path}.port`, `${protocol} ${port} is taken by ports[${twin}]; choose ${free()}`)
          : []),
      ];
    });
  });
}

/** Of all services: one number may be a port of TCP and another one of UDP. */
export function nodePortsTellApart({ services }: ResolvedLab): Problem[] {
  const all = services.flatMap(({ ports }, at) =>
    ports.flatMap(({ nodePort, protocol }, n) =>
      nodePort === undefined ? [] : [{ path: `services[${at}].ports[${n}]`, nodePort, protocol }],
    ),
  );
  const taken = new Set(all.map(({ nodePort }) => nodePort));
  return all.flatMap(({ path, nodePort, protocol }, index) => {
    const twin = all.findIndex((other) => other.nodePort === nodePort && other.protocol === protocol);
    if (twin === index) return [];
    const free = firstFree((n) => 30_000 + n, taken);
    const message = `${protocol} ${nodePort} is taken by ${all[twin]!.path}; choose another, such as ${free}`;
    return problemAt(`${path}.nodePort`, message);
  });
}

export function endpointsArePods({ hosts, services }: ResolvedLab): Problem[] {
  const pods = hosts.flatMap((host) => host.pods.map((pod) => podId(host.name, pod.name)));
  const some = pods.length > 6 ? `${pods.slice(0, 6).join(", ")} …` : pods.join(", ") || "there is none";
  return services.flatMap(({ endpoints }, at) =>
    endpoints.flatMap((id, number) => {
      const path = `services[${at}].endpoints[${number}]`;
      if (!pods.includes(id)) return problemAt(path, `${id} is no pod of this lab; choose one of ${some}`);
      if (endpoints.indexOf(id) === number) return [];
      return problemAt(path, `${id} is named twice; every endpoint gets an equal share, so name it once`);
    }),
  );
}

export const SERVICE_RULES = [
  servicesFitTheKind,
  serviceNames,
  serviceAddresses,
  portsTellApart,
  nodePortsTellApart,
  endpointsArePods,
] as const;
