/** All faults by name, and how one is read from words. */
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { Aimed, Fault } from "./fault.ts";
import { drop, natFlush, partition, reject } from "./filters.ts";
import { bridgeDown, bridgeNetfilterOff, linkDown, mtu } from "./links.ts";
import { machineAway, trunkMtu } from "./machines.ts";
import { containerKill, containerRestart, engineKill, hostStop, pauseKill } from "./outages.ts";
import { loss, rate } from "./quality.ts";
import { bgpDown, forwardingOff, routeWithdraw, staleFdb } from "./routing.ts";
import { has, refuse, said } from "./target.ts";

export const FAULTS: readonly Fault[] = [
  linkDown,
  bridgeDown,
  bridgeNetfilterOff,
  mtu,
  routeWithdraw,
  forwardingOff,
  natFlush,
  drop,
  reject,
  partition,
  staleFdb,
  bgpDown,
  loss,
  rate,
  machineAway,
  trunkMtu,
  hostStop,
  engineKill,
  containerRestart,
  containerKill,
  pauseKill,
];

/** `link-down host02`, as on the command line. @throws Failure (exit code 3) */
export function aim(plan: LabPlan, [name, ...args]: readonly string[]): Aimed {
  const fault = faultNamed(name);
  const words = fault.usage.split(" ").filter((word) => !word.startsWith("("));
  const needed = words.filter((word) => !word.startsWith("["));
  if (args.length < needed.length || args.length > words.length) {
    refuse(`fault ${fault.name} is written as: ${fault.name} ${fault.usage}`);
  }
  return fault.aim(plan, args);
}

export function faultNamed(name: string | undefined): Fault {
  return FAULTS.find((one) => one.name === name) ?? refuse(`${said(name)} is no fault; ${has(FAULTS)}, or heal`);
}
