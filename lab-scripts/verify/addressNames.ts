/** Who holds which address, for sentences in reports. */
import type { LabPlan } from "../../infra/plan/plan.ts";

/** The name behind an address of the lab, such as `router`; undefined for an address that nobody holds, or many. */
export type NameOf = (address: string) => string | undefined;

/** Names by the plan. An address that several namespaces hold (docker0's 172.17.0.1) has no single name. */
export function namesIn(plan: Pick<LabPlan, "netns">): NameOf {
  const holders = new Map<string, string | undefined>();
  for (const { id, interfaces } of plan.netns) {
    for (const { addresses } of interfaces) {
      for (const address of addresses.map((one) => one.split("/")[0]!)) {
        holders.set(address, holders.has(address) && holders.get(address) !== id ? undefined : id);
      }
    }
  }
  return (address) => holders.get(address);
}

/** `router (10.1.0.1)`, or the address alone. */
export function withName(address: string, nameOf: NameOf): string {
  const name = nameOf(address);
  return name && name !== address ? `${name} (${address})` : address;
}
