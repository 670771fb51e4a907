/** The article's facts about pods, as expectations: what is to be read off the containers, and seen from inside a pod. */

import type { Network } from "../packet/network.ts";
import type { LabPlan, PodPlan } from "../plan/plan.ts";
import type { Expectation } from "./check.ts";
import { familyMark, familyOf } from "./endpoints.ts";
import { resultsOf } from "./result.ts";

/**
 * - one address a pod, held by the namespace of its pause container;
 * - its containers join that namespace: `NetworkMode: container:<pause>`, named here by the pause container's name;
 * - within it the port tells them apart: asked at the pod's own address, each port is another container's.
 */
export function podFacts(plan: LabPlan, network: Network): Expectation[] {
  return plan.pods.flatMap((pod) => [...containerFacts(pod), ...portFacts(pod, network)]);
}

function containerFacts(pod: PodPlan): Expectation[] {
  const fact = (name: string, to: string, value: string, address = pod.address): Expectation => ({
    id: `fact ${name} ${to}`,
    kind: "fact",
    from: pod.id,
    to,
    address,
    ...familyOf(address),
    expected: { outcome: "ok", value },
    origin: "article",
  });
  return [
    fact("addresses", pod.id, pod.address),
    ...(pod.address6 === undefined ? [] : [fact("addresses6", pod.id, pod.address6, pod.address6)]),
    ...pod.containers.flatMap(({ name }) => [
      fact("network-mode", `${pod.id}:${name}`, `container:${pod.pause}`),
      fact("shares-netns", `${pod.id}:${name}`, pod.pause),
    ]),
  ];
}

function portFacts(pod: PodPlan, network: Network): Expectation[] {
  const { listeners } = network.namespace(pod.id).netns;
  const ports = listeners.filter(({ protocol }) => protocol === "tcp").map(({ port }) => port);
  return [pod.address, ...(pod.address6 === undefined ? [] : [pod.address6])].flatMap((address) =>
    ports.map((port): Expectation => {
      const asked = { kind: "tcp", from: pod.id, address, port } as const;
      const [expected] = resultsOf(network, asked);
      const id = `tcp ${pod.id} -> ${pod.id}:${port}${familyMark(address)}`;
      return { id, ...asked, to: pod.id, ...familyOf(address), expected, origin: "article" };
    }),
  );
}
