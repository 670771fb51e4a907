/** When a unit may be applied, at boot and in the program. */
import type { UnitPlan } from "./plan.ts";

/** Lower first. The kernel's part needs no engine; pods need everything before them. */
export const ORDER = {
  kernel: 10,
  bridge: 20,
  routes: 30,
  rules: 40,
  services: 45,
  engine: 50,
  images: 60,
  pods: 70,
  wires: 80,
} as const;

/**
 * Next hops are in a tunnel, or on a link that an address opens; masquerade finds its interface by its address; services
 * and policies put their rules into chains that they share.
 */
const USES: Readonly<Record<string, readonly string[]>> = {
  vxlan: ["route"],
  address6: ["route", "masquerade"],
  proxy: ["service"],
  policies: ["policy"],
};

/** Whether a unit speaks of the node's own links: it is applied when the node is plugged in. */
export function needsLinks({ kind, order }: UnitPlan): boolean {
  return kind !== "bridge" && order >= ORDER.bridge && order < ORDER.engine;
}

/** Whether `later` needs `earlier` of the same node: the program starts it only then. */
export function waitsFor(later: UnitPlan, earlier: UnitPlan): boolean {
  // Routes and rules need neither bridge nor engine; an engine needs its bridge; pods need engine and images.
  if (later.order < ORDER.engine) return USES[earlier.kind]?.includes(later.kind) ?? false;
  if (later.order === ORDER.engine) return earlier.kind === "bridge";
  return earlier.order >= ORDER.engine && earlier.order < later.order;
}
