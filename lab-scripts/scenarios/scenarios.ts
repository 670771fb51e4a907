/** All scenarios, in the order in which one learns from them. */
import { has, refuse, said } from "../faults/target.ts";
import { bgp } from "./bgp.ts";
import { cni } from "./cni.ts";
import { docker0 } from "./docker0.ts";
import { dualStack } from "./dualStack.ts";
import { nat } from "./nat.ts";
import { overlay } from "./overlay.ts";
import { pod } from "./pod.ts";
import { policy } from "./policy.ts";
import { routed } from "./routed.ts";
import type { Scenario } from "./scenario.ts";
import { services } from "./services.ts";

export const SCENARIOS: readonly Scenario[] = [
  docker0,
  pod,
  routed,
  nat,
  overlay,
  bgp,
  cni,
  services,
  policy,
  dualStack,
];

/** @throws Failure (exit code 3) naming what there is */
export function scenariosNamed(name: string): readonly Scenario[] {
  if (name === "all") return SCENARIOS;
  const found = SCENARIOS.find((one) => one.name === name);
  return [found ?? refuse(`${said(name)} is no scenario; ${has(SCENARIOS)}, or all`)];
}
