/**
 * Services as kube-proxy's iptables mode makes them: an address that no interface has, which every host translates to one
 * of the service's endpoints (pkg/proxy/iptables/proxier.go in kubernetes/kubernetes).
 */

import type { FilterRule, Match, NatRule } from "../packet/netns.ts";
import { podId } from "../spec/names.ts";
import type { ResolvedLab } from "../spec/resolvedLab.ts";
import type { Fragment } from "./fragment.ts";
import type { ServicePlan } from "./plan.ts";

export function servicePlans({ hosts, services }: ResolvedLab): ServicePlan[] {
  const addresses = new Map(
    hosts.flatMap((host) => host.pods.map((pod) => [podId(host.name, pod.name), pod.address!])),
  );
  return services.map(({ name, address, port, targetPort, protocols, nodePort, endpoints }) => ({
    name,
    address: address!, // rules.ts let no service without an address through
    port,
    protocols,
    ...(nodePort === undefined ? {} : { nodePort }),
    endpoints: endpoints.map((pod) => ({ pod, address: addresses.get(pod)!, port: targetPort })),
  }));
}

/** What every host has of the lab's services; nothing when there are none. Stands before the host's own masquerade. */
export function serviceFragments(lab: ResolvedLab): Fragment[] {
  const plans = servicePlans(lab);
  // Whose packets are not masqueraded for being a service's: kube-proxy's --cluster-cidr.
  const exceptFrom = lab.masqueradeAll ? undefined : lab.podCidr.toString();
  return plans.length === 0 ? [] : [proxy(), ...plans.map((plan) => service(plan, exceptFrom))];
}

/** What all services share: the chains that ask for each of them, and the masquerade of what they mark. */
function proxy(): Fragment {
  return {
    nat: [{ chain: "POSTROUTING", match: { marked: true }, action: { kind: "masquerade" } }],
  };
}

function service(plan: ServicePlan, exceptFrom: string | undefined): Fragment {
  const { name, address, port, protocols, nodePort, endpoints } = plan;
  const clients: Match[] = protocols.map((protocol) => ({ destination: address, protocol, port }));
  const outsiders: Match[] =
    nodePort === undefined ? [] : protocols.map((protocol) => ({ toOwn: true, protocol, port: nodePort }));
  const to = endpoints.map((one) => ({ address: one.address, port: one.port }));
  const translated = (match: Match, marks: { readonly exceptFrom?: string }) =>
    (["PREROUTING", "OUTPUT"] as const).map(
      (chain): NatRule => ({ chain, match, action: { kind: "dnat", to, marks, service: name } }),
    );
  const refused = (match: Match) =>
    (["FORWARD", "OUTPUT"] as const).map((chain): FilterRule => ({ chain, match, action: "reject" }));
  return {
    ...(to.length === 0
      ? // A node's own port without a service behind it is closed, and says so by itself.
        { filter: clients.flatMap(refused) }
      : {
          nat: [
            ...clients.flatMap((match) => translated(match, exceptFrom === undefined ? {} : { exceptFrom })),
            ...outsiders.flatMap((match) => translated(match, {})),
          ],
        }),
  };
}
