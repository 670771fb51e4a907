/** Which pods a selector chooses, and which port a name means in one of them. */
import type { LabelSelector, Labels, Requirement } from "./kubernetes.ts";
import { podId } from "./names.ts";
import type { ResolvedHost, ResolvedLab, ResolvedPod } from "./resolvedLab.ts";

/** Where pods are that don't say otherwise. */
export const DEFAULT_NAMESPACE = "default";

export interface SelectedPod {
  readonly id: string;
  readonly pod: ResolvedPod;
}

/**
 * Returns the pods of some namespaces that a selector chooses.
 * @param namespace one by name, or all whose labels are chosen
 * @param selector absent or empty: all of them
 */
export function podsSelected(
  { hosts, namespaces }: Pick<ResolvedLab, "namespaces"> & { readonly hosts: readonly ResolvedHost[] },
  namespace: string | LabelSelector,
  selector: LabelSelector = {},
): SelectedPod[] {
  const within = (pod: ResolvedPod) =>
    typeof namespace === "string" ? pod.namespace === namespace : selects(namespace, namespaces[pod.namespace]!);
  return hosts.flatMap((host) =>
    host.pods
      .filter((pod) => within(pod) && selects(selector, pod.labels))
      .map((pod) => ({ id: podId(host.name, pod.name), pod })),
  );
}

/** Whether labels fulfil all that a selector asks. */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    equal && matchExpressions.every((one) => fulfils(Object.hasOwn(labels, one.key) ? labels[one.key] : undefined, one))
  );
}

/** NotIn is true of a label that is not there (apimachinery, pkg/labels/selector.go). */
function fulfils(value: string | undefined, { operator, values = [] }: Requirement): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** Returns the number of a pod's port; undefined where no container has one of this name and protocol. */
export function portNamed({ containers }: ResolvedPod, name: string, protocol = "TCP"): number | undefined {
  const ports = containers.flatMap((container) => container.ports ?? []);
  return ports.find((one) => one.name === name && (one.protocol ?? "TCP") === protocol)?.containerPort;
}
