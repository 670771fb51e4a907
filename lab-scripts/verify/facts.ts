/** The article's facts about pods, read off the running containers rather than probed. */
import type { Expectation } from "../../infra/expect/check.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { ContainerFact, NodeAnswer, ProbeResult } from "./prober.ts";

type Read = (fact: ContainerFact, pause: ContainerFact | undefined) => string;

/**
 * What can be asked of a pod or a container of a pod. An expectation of kind `fact` is named `fact <name> <to>`, where
 * `to` is a pod (`host01/web`) or one of its containers (`host01/web:app`).
 * - `addresses` (pod): the addresses in the namespace of its pause container, joined by a comma. One pod, one address.
 * - `addresses6` (pod): the same of IPv6.
 * - `network-mode` (container): HostConfig.NetworkMode with the pause container's id replaced by its name:
 *   `container:web.pause`. Any other container's id stays as it is.
 * - `shares-netns` (container): name of the pod's pause container when both processes live in one network namespace,
 *   else `a namespace of its own`.
 * - `state` (container): the engine's word, `running` when all is well.
 */
const FACTS = new Map<string, Read>([
  ["addresses", ({ addresses }) => addresses.join(",") || "none"],
  ["addresses6", ({ addresses6 }) => addresses6.join(",") || "none"],
  [
    "network-mode",
    ({ networkMode }, pause) =>
      pause && networkMode === `container:${pause.id}` ? `container:${pause.name}` : networkMode,
  ],
  [
    "shares-netns",
    ({ netns }, pause) => (pause && netns !== null && netns === pause.netns ? pause.name : "a namespace of its own"),
  ],
  ["state", ({ state }) => state],
]);

/** The value of a fact; a probe-error with the reason when it can't be known. */
export function readFact(plan: LabPlan, { id, to }: Expectation, answer: NodeAnswer): ProbeResult {
  const { facts, factsMissing, trouble } = answer;
  const unknown = (detail: string): ProbeResult => ({ outcome: "probe-error", detail });
  if (!facts) return unknown(factsMissing ?? trouble?.reason ?? "the prober told no facts");
  const read = FACTS.get(id.split(" ")[1]!);
  if (!read) return unknown(`no fact is read for ${id}; known are: ${[...FACTS.keys()].join(", ")}`);
  const [podId, container = "pause"] = to.split(":");
  const pod = plan.pods.find((one) => one.id === podId)!;
  const inner = container === "pause" ? pod.pause : pod.containers.find((one) => one.name === container)!.container;
  const fact = facts.find((one) => one.name === inner);
  const pause = facts.find((one) => one.name === pod.pause);
  if (!fact) return { outcome: "ok", value: "not there", detail: `${pod.host} has no container ${inner}` };
  return { outcome: "ok", value: read(fact, pause) };
}
