/** What steps change of their lab, beyond what their stack's file says. */
import type { HostSpec, LabSpec } from "../../infra/spec/spec.ts";
import type { Step } from "./scenario.ts";

type Change = NonNullable<Step["spec"]>;

/** @throws Error where a stack gives only a number of hosts */
function hostsIn({ hosts }: LabSpec): readonly HostSpec[] {
  if (typeof hosts === "number") throw new Error("the scenario's stack lists its hosts");
  return hosts;
}

/** A host more, at the end of the list; its segment is the pool's next. */
export function withHost(host: HostSpec): Change {
  return (written) => ({ ...written, hosts: [...hostsIn(written), host] });
}

/** Other labels on a pod, whatever host it is on. */
export function relabelled(pod: string, labels: Readonly<Record<string, string>>): Change {
  return (written) => ({
    ...written,
    hosts: hostsIn(written).map((host) => ({
      ...host,
      pods: host.pods?.map((one) => (one.name === pod ? { ...one, labels } : one)),
    })),
  });
}
