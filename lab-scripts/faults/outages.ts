/** Faults of what runs: a host, its engine, a container of a pod, its pause container. */

import type { LabPlan, PodPlan } from "../../infra/plan/plan.ts";
import { change, emptied } from "./effect.ts";
import { type Fault, unchanged } from "./fault.ts";
import { containerNamed, hostNamed, podNamed } from "./target.ts";

export const hostStop: Fault = {
  name: "host-stop",
  about: "stop a host with all that runs in it",
  usage: "HOST",
  aim(plan, [target]) {
    const { name: node } = hostNamed(plan, target);
    const gone = plan.netns.filter((netns) => netns.node === node).map(({ id }) => id);
    return {
      says: `${node} is stopped`,
      acts: [{ stop: node }],
      effect: (healthy) => change(healthy, gone, emptied),
      leavesLink: true,
      unasked: gone,
    };
  },
};

export const engineKill: Fault = {
  name: "engine-kill",
  about: "kill the Docker engine of a host; it starts again by itself",
  usage: "HOST",
  aim(plan, [target]) {
    const { name: node } = hostNamed(plan, target);
    return {
      says: `${node}'s dockerd is killed`,
      // Its pods outlive it (dockerd --live-restore), and the host's entrypoint starts another.
      acts: [{ node, inject: ['kill -KILL "$(cat /run/docker.pid)"'] }],
      effect: unchanged,
      passes: true,
    };
  },
};

export const containerRestart: Fault = {
  name: "container-restart",
  about: "restart an app container of a pod",
  usage: "HOST/POD[:CONTAINER]",
  aim(plan, [target]) {
    const { pod, container } = containerNamed(plan, target);
    return {
      says: `container ${container.name} of ${pod.id} is restarted`,
      // The pause container holds the pod's address: an app may come and go.
      acts: [{ node: pod.host, inject: [`docker restart --time 0 ${container.container} > /dev/null`] }],
      effect: unchanged,
      passes: true,
    };
  },
};

export const containerKill: Fault = {
  name: "container-kill",
  about: "kill an app container of a pod, which stays dead: its pod has its address and nobody listens there",
  usage: "HOST/POD[:CONTAINER]",
  aim(plan, [target]) {
    const { pod, container } = containerNamed(plan, target);
    return {
      says: `container ${container.name} of ${pod.id} is killed`,
      // As with a pause container: what is killed by hand stays dead until the agent starts it.
      acts: [{ node: pod.host, inject: [`docker kill ${container.container} > /dev/null`] }],
      effect: (healthy) =>
        change(healthy, [pod.id], (netns) => ({
          ...netns,
          listeners: netns.listeners.map((one) => (container.ports.includes(one.port) ? { ...one, dead: true } : one)),
        })),
      unread: [`${pod.id}:${container.name}`],
    };
  },
};

export const pauseKill: Fault = {
  name: "pause-kill",
  about: "kill the pause container that holds a pod's network namespace",
  usage: "HOST/POD",
  aim(plan, [target]) {
    const pod = podNamed(plan, target);
    const killed = {
      says: `the pause container of ${pod.id} is killed`,
      // A container that was killed by hand stays dead until somebody starts it, whatever its restart policy: the agent does.
      acts: [{ node: pod.host, inject: [`docker kill ${pod.pause} > /dev/null`] }],
      unasked: [pod.id],
    };
    // Nobody calls a CNI plugin's DEL, and the apps keep the namespace alive: with eth0 in it.
    if (isWiredByCni(plan, pod)) return { ...killed, effect: unchanged };
    return {
      ...killed,
      // The engine takes the veth away with its container. The apps live on in a namespace with nothing but lo.
      effect: (healthy) => change(healthy, [pod.id], emptied),
      leavesLink: true,
    };
  },
};

const isWiredByCni = (plan: LabPlan, { host }: PodPlan): boolean =>
  plan.nodes.some((node) => node.name === host && node.cni !== undefined);
