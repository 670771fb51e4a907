/** Pods of a cluster as pods of a lab. Images are not run: podlab's own server listens on their ports. */
import { isIPv6 } from "../../infra/spec/address.ts";
import type { ContainerSpec, PodSpec } from "../../infra/spec/spec.ts";
import { ipv4 } from "../../infra/spec/values.ts";
import { given } from "../given.ts";
import { addressOf } from "./hosts.ts";
import { type Pod, type Service, unlessTcp } from "./manifests.ts";
import { Names } from "./names.ts";
import type { Notes } from "./notes.ts";

const FALLBACK_PORT = 8080;

/** Returns the pods that run on a node and have an address of their own. */
export function podsThatRun(pods: readonly Pod[], notes: Notes): Pod[] {
  return pods.filter(({ item, spec, status }) => {
    const why = spec.hostNetwork
      ? "it is on its node's own network (hostNetwork)"
      : status?.phase !== undefined && status.phase !== "Running"
        ? `it is ${status.phase}, not Running`
        : spec.nodeName
          ? undefined
          : "it is on no node (spec.nodeName)";
    if (why !== undefined) notes.leftOut(item, why);
    return why === undefined;
  });
}

/**
 * Returns a pod of the lab.
 * @param names those of its host's pods
 * @param namespace its namespace's name in the lab
 * @param asked ports at which services ask it
 */
export function podOf(
  pod: Pod,
  { names, namespace, asked }: { names: Names; namespace: string; asked: readonly Listening[] },
  notes: Notes,
): PodSpec {
  const { metadata, status, item } = pod;
  const name = notes.called(item, metadata.name, names.take(metadata.name, metadata.namespace));
  if (status?.podIPs.some(({ ip }) => isIPv6(ip)) || isIPv6(status?.podIP ?? "")) {
    notes.changed(item, "its IPv6 address is left out, for the lab has IPv4 only");
  }
  const address = ipv4.safeParse(addressOf(pod)).data;
  if (address === undefined) notes.changed(item, "has no IPv4 address (status.podIP); one is chosen");
  return {
    name,
    namespace,
    ...given({ address }),
    labels: metadata.labels,
    containers: containersOf(pod, asked, notes),
  };
}

type Listening = NonNullable<ContainerSpec["ports"]>[number];

/** A container without a port has nothing to do in a lab, and a number is one container's. */
function containersOf({ spec, item }: Pod, asked: readonly Listening[], notes: Notes): ContainerSpec[] {
  const names = new Names(["pause"]);
  const owner = new Map<number, string>();
  const made = spec.containers.map((one) => {
    const seen = new Set<string>();
    const ports = one.ports.flatMap(({ containerPort, name, protocol, hostPort }): Listening[] => {
      const taken = owner.get(containerPort);
      if (taken !== undefined && taken !== one.name) {
        notes.changed(item, `port ${containerPort} of container ${one.name} is left out: container ${taken} has it`);
        return [];
      }
      owner.set(containerPort, one.name);
      if (hostPort !== undefined) notes.changed(item, `hostPort ${hostPort} is left out; services have node ports`);
      if (protocol === "SCTP")
        notes.changed(item, `port ${containerPort} is of SCTP; podlab's server answers by TCP and UDP`);
      if (seen.has(`${containerPort}/${protocol}`)) return [];
      seen.add(`${containerPort}/${protocol}`);
      return [{ containerPort, ...given({ name, protocol: unlessTcp(protocol) }) }];
    });
    return { name: names.take(one.name), image: one.image, ports };
  });
  const missing = asked.filter(({ containerPort }) => !owner.has(containerPort));
  const silent = made.filter(({ ports }) => ports.length === 0);
  const server = silent[0] ?? made[0] ?? { name: "app", image: undefined, ports: [] };
  if (missing.length > 0) {
    server.ports.push(...missing);
    const numbers = missing.map(({ containerPort }) => containerPort).join(", ");
    notes.changed(item, `container ${server.name} also listens at ${numbers}, where a service asks it`);
  } else if (owner.size === 0) {
    server.ports.push({ containerPort: FALLBACK_PORT });
    notes.changed(item, `names no ports; podlab's server listens at ${FALLBACK_PORT}`);
  }
  const kept = [...new Set([...made, server])].filter(({ ports }) => ports.length > 0);
  for (const { name } of made.filter((one) => !kept.includes(one))) {
    notes.changed(item, `container ${name} is left out, for it names no ports`);
  }
  for (const { name, image, ports } of kept) {
    const numbers = [...new Set(ports.map(({ containerPort }) => containerPort))].join(", ");
    if (image)
      notes.changed(item, `container ${name}: podlab's server listens at ${numbers} instead of image ${image}`);
  }
  return kept.map(({ name, ports }) => ({ name, ports }));
}

/** Returns the ports at which services ask a pod by number, whether or not its containers name them. */
export function portsAsked({ metadata }: Pod, services: readonly Service[]): Listening[] {
  const mine = services.filter(
    ({ metadata: { namespace }, spec: { selector } }) =>
      namespace === metadata.namespace &&
      Object.keys(selector).length > 0 &&
      Object.entries(selector).every(([key, value]) => metadata.labels[key] === value),
  );
  const ports = mine.flatMap(({ spec }) =>
    spec.ports.flatMap(({ port, protocol, targetPort = port }) =>
      typeof targetPort === "number" && protocol !== "SCTP" ? [{ containerPort: targetPort, protocol }] : [],
    ),
  );
  return [...new Map(ports.map((one) => [`${one.containerPort}/${one.protocol}`, one])).values()];
}
