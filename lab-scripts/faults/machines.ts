/** Faults of labs on several machines: one that is gone, and a way to one that takes less. */
import { machinesOf } from "../../infra/machine/machines.ts";
import type { LabPlan, NodePlan } from "../../infra/plan/plan.ts";
import type { Aimed, Fault } from "./fault.ts";
import { linkDown, mtu } from "./links.ts";
import { has, refuse, routerOn, said } from "./target.ts";

export const machineAway: Fault = {
  name: "machine-away",
  about: "cut all hosts of a machine off, as when nothing comes from it any more",
  usage: "MACHINE",
  aim(plan, [machine]) {
    const hosts = hostsOn(plan, machine);
    return {
      ...together(hosts.map(({ name }) => linkDown.aim(plan, [name]))),
      says: `no host of machine ${machine} is heard of (${namesOf(hosts)})`,
      leavesLink: true,
    };
  },
};

export const trunkMtu: Fault = {
  name: "trunk-mtu",
  about: "let the networks between a machine and the first one carry smaller packets only",
  usage: "MACHINE BYTES",
  aim(plan, [machine, bytes]) {
    const hosts = hostsOn(plan, machine);
    const ends = hosts.flatMap(({ name, segment }) => {
      return [`${name}:eth0`, `router:${routerOn(plan, segment).name}`];
    });
    return {
      ...together(ends.map((end) => mtu.aim(plan, [end, bytes!]))),
      says: `the networks between the first machine and ${machine} (${namesOf(hosts)}) carry ${bytes} bytes`,
    };
  },
};

function hostsOn({ nodes }: LabPlan, machine: string | undefined): NodePlan[] {
  const hosts = nodes.filter((one) => one.machine && one.machine.name === machine);
  return hosts.length > 0 ? hosts : refuse(`${said(machine)} is no machine but the first; ${has(machinesOf(nodes))}`);
}

const namesOf = (hosts: readonly NodePlan[]): string => hosts.map(({ name }) => name).join(", ");

/** Several faults as one. */
const together = (all: readonly Aimed[]): Pick<Aimed, "acts" | "effect"> => ({
  acts: all.flatMap(({ acts }) => acts),
  effect: (plan) => all.reduce((broken, one) => one.effect(broken), plan),
});
