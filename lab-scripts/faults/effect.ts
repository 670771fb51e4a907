/** How a fault's model side changes a plan's namespaces. Pure; each function says what Linux does. */
import type { FilterRule, Interface, Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";

/** The plan with the named namespaces changed. */
export function change(plan: LabPlan, ids: readonly string[], how: (netns: Netns) => Netns): LabPlan {
  return { ...plan, netns: plan.netns.map((one) => (ids.includes(one.id) ? how(one) : one)) };
}

export function changeInterface(netns: Netns, name: string, how: (one: Interface) => Interface): Netns {
  return { ...netns, interfaces: netns.interfaces.map((one) => (one.name === name ? how(one) : one)) };
}

/**
 * An interface that was set down: its routes are gone, the connected one too; its IPv4 address is still the namespace's
 * own and answered for on others (fib_sync_down_dev spares local routes), its IPv6 addresses are gone (addrconf_ifdown).
 */
export function setDown(netns: Netns, name: string): Netns {
  const { routes } = netns;
  return {
    ...changeInterface(netns, name, (one) => ({
      ...one,
      addresses: one.addresses.filter((cidr) => !cidr.includes(":")).map((cidr) => cidr.replace(/\/\d+$/, "/32")),
      link: loose(netns.id, name),
    })),
    routes: routes.filter(({ dev }) => dev !== name),
  };
}

/** An interface that is up and whose link leads nowhere. */
export function unplug(netns: Netns, name: string): Netns {
  return changeInterface(netns, name, (one) => ({ ...one, link: loose(netns.id, name) }));
}

/** A namespace that is gone, or left with nothing but lo: nobody answers for what it held. */
export function emptied(netns: Netns): Netns {
  return { ...netns, interfaces: [], routes: [] };
}

/** Rules before all others, as `iptables -I` puts them. */
export function filtered(netns: Netns, ...rules: FilterRule[]): Netns {
  return { ...netns, filter: [...rules, ...netns.filter] };
}

/** A link with one end. */
const loose = (id: string, name: string): string => `${id}:${name}, leading nowhere`;
