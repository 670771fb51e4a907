/** Pods: what of them does not depend on how they are connected. */

import type { Listener } from "../packet/netns.ts";
import { identity, innerName, POD_IMAGE, podId } from "../spec/names.ts";
import type { ResolvedHost, ResolvedPod } from "../spec/resolvedLab.ts";
import type { ContainerSpec } from "../spec/spec.ts";
import type { ContainerPlan, PodPlan } from "./plan.ts";

export function podPlan(host: ResolvedHost, pod: ResolvedPod): PodPlan {
  const id = podId(host.name, pod.name);
  return {
    id,
    name: pod.name,
    host: host.name,
    address: pod.address!, // rules.ts let no pod without an address through
    ...(pod.address6 === undefined ? {} : { address6: pod.address6 }),
    pause: innerName(pod.name, "pause"),
    containers: pod.containers.map((container) => containerPlan(id, pod.name, container)),
  };
}

function containerPlan(id: string, pod: string, spec: ContainerSpec): ContainerPlan {
  const { ports: declared = [] } = spec;
  const serves = (spec.image ?? spec.command ?? spec.args) === undefined;
  const served = serves ? declared : declared.filter(({ protocol = "TCP" }) => protocol === "TCP");
  const ports = [...new Set(served.map(({ containerPort }) => containerPort))];
  return {
    name: spec.name,
    container: innerName(pod, spec.name),
    image: spec.image ?? POD_IMAGE,
    command: serves ? ["serve", ...ports.map(String)] : (spec.command ?? []),
    args: spec.args ?? [],
    env: { ...(serves ? { PODLAB_IDENTITY: identity(id, spec.name) } : {}), ...spec.env },
    ports,
    identifies: serves,
  };
}

/** What answers in the pod's namespace, by port: that is how its containers are told apart. */
export function podListeners(pod: PodPlan): Listener[] {
  return pod.containers.flatMap(({ name, ports, identifies }) =>
    ports.flatMap((port): Listener[] => {
      if (!identifies) return [{ protocol: "tcp", port }];
      const server = { port, identity: identity(pod.id, name) };
      return [
        { protocol: "tcp", ...server },
        { protocol: "udp", ...server },
      ];
    }),
  );
}
