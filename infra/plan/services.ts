/**
 * Services as kube-proxy's iptables mode makes them: an address that no interface has, which every host translates to one
 * of the service's endpoints (pkg/proxy/iptables/proxier.go in kubernetes/kubernetes).
 */

import type { Match, NatRule } from "../packet/netns.ts";
import { podId, servicePortName } from "../spec/names.ts";
import type { ResolvedHost, ResolvedLab } from "../spec/resolvedLab.ts";
import { portNamed } from "../spec/selection.ts";
import type { Fragment } from "./fragment.ts";
import type { ServicePlan, ServicePortPlan } from "./plan.ts";

export function servicePlans({ hosts, services }: ResolvedLab): ServicePlan[] {
  const pods = new Map(hosts.flatMap((host) => host.pods.map((pod) => [podId(host.name, pod.name), pod])));
  return services.map(({ name, clusterIP, ports, endpoints }) => ({
    name,
    address: clusterIP!, // rules.ts let no service without an address through
    ports: ports.map(({ name: portName, protocol, port, targetPort, nodePort }) => ({
      name: servicePortName(name, ports.length > 1 ? portName : undefined),
      protocol: protocol.toLowerCase() as Lowercase<typeof protocol>,
      port,
      ...(nodePort === undefined ? {} : { nodePort }),
      // Who has no port of that name is no endpoint of this one.
      endpoints: endpoints.flatMap((id) => {
        const pod = pods.get(id)!;
        const number = typeof targetPort === "number" ? targetPort : portNamed(pod, targetPort, protocol);
        return number === undefined ? [] : [{ pod: id, address: pod.address!, port: number }];
      }),
    })),
  }));
}

/** What a host has of the lab's services; nothing when there are none. Stands before the host's own masquerade. */
export function serviceFragments(lab: ResolvedLab, host: ResolvedHost): Fragment[] {
  const plans = servicePlans(lab);
  // Whose packets are not masqueraded for being a service's: those of the host's own pods, as kube-proxy's NodeCIDR mode has it.
  // Pods of other hosts come here only by a node port, which hides all.
  const exceptFrom = lab.masqueradeAll ? undefined : host.podSubnet.toString();
  if (plans.length === 0) return [];
  return [
    proxy(),
    ...plans.flatMap(({ address, ports }) => ports.map((port) => servicePort(address, port, exceptFrom))),
  ];
}

/** What all services share: the chains that ask for each of them, and the masquerade of what they mark. */
function proxy(): Fragment {
  return {
    nat: [{ chain: "POSTROUTING", match: { marked: true }, action: { kind: "masquerade" } }],
  };
}

function servicePort(address: string, plan: ServicePortPlan, exceptFrom: string | undefined): Fragment {
  const { name, port, protocol, nodePort, endpoints } = plan;
  const clients: Match = { destination: address, protocol, port };
  if (endpoints.length === 0) {
    // A node's own port without a service behind it is closed, and says so by itself.
    return { filter: (["FORWARD", "OUTPUT"] as const).map((chain) => ({ chain, match: clients, action: "reject" })) };
  }
  const to = endpoints.map((one) => ({ address: one.address, port: one.port }));
  const translated = (match: Match, marks: { readonly exceptFrom?: string }) =>
    (["PREROUTING", "OUTPUT"] as const).map(
      (chain): NatRule => ({ chain, match, action: { kind: "dnat", to, marks, service: name } }),
    );
  return {
    nat: [
      ...translated(clients, exceptFrom === undefined ? {} : { exceptFrom }),
      ...(nodePort === undefined ? [] : translated({ toOwn: true, protocol, port: nodePort }, {})),
    ],
  };
}
