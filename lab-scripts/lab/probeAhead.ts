/**
 * What a check of a running lab has Docker do while it still loads what it computes with: the nodes are known by their labels,
 * before the plan is.
 */
import { listContainers } from "../../infra/machine/inventory.ts";
import { LABEL, outerName } from "../../infra/spec/names.ts";
import type { Filter } from "../verify/filter.ts";
import { Probers } from "../verify/probers.ts";
import { keptRecord } from "./keptRecord.ts";

export interface Ahead {
  /** keptRecord of the lab. */
  readonly kept: Promise<string>;
  readonly probers: Probers;
}

export async function probeAhead(lab: string, filter: Filter): Promise<Ahead> {
  const kept = keptRecord(lab);
  kept.catch(() => {}); // whoever waits for it is told
  // An engine that does not answer has no plan to tell either, which is then said.
  const containers = await listContainers(`${LABEL.lab}=${lab}`).catch(() => []);
  const prefix = outerName(lab, "");
  const nodes = containers.map(({ name, role }) => ({ name: name.slice(prefix.length), container: name, role }));
  const probers = new Probers(nodes, filter);
  await probers.begun;
  return { kept, probers };
}
