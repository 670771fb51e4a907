/** What must hold of policies. */
import { Subnet } from "./address.ts";
import type { PolicySpec } from "./kubernetes.ts";
import { needsDistinctPods } from "./networkRules.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";
import { DEFAULT_NAMESPACE } from "./selection.ts";

export type Direction = "ingress" | "egress";

/**
 * Whether the policy closes its pods in this direction. Without policyTypes all close ingress, and those with egress rules egress:
 * an empty list of them is none (SetDefaults_NetworkPolicy, pkg/apis/networking/v1/defaults.go in kubernetes/kubernetes).
 */
export function closes({ policyTypes = [], egress = [] }: PolicySpec, direction: Direction): boolean {
  if (policyTypes.length > 0) return policyTypes.includes(direction === "ingress" ? "Ingress" : "Egress");
  return direction === "ingress" || egress.length > 0;
}

/** `deny-all`, `shop/deny-all`: a policy's name is its own within its namespace. */
export function policyName({ name, namespace = DEFAULT_NAMESPACE }: PolicySpec): string {
  return namespace === DEFAULT_NAMESPACE ? name : `${namespace}/${name}`;
}

function policiesFitTheLab({ network, policies, ipv6 }: ResolvedLab): Problem[] {
  if (policies.length === 0) return [];
  const v4Only = "hold for IPv4 only, and IPv6 would go past them; remove ipv6 or the policies";
  return [...needsDistinctPods(network, "policies"), ...(ipv6 ? problemAt("policies", v4Only) : [])];
}

/** A strict subset, as Kubernetes asks (ValidateIPBlock, pkg/apis/networking/validation/validation.go). */
function exceptsAreInside({ policies }: ResolvedLab): Problem[] {
  return policies.flatMap(({ ingress = [], egress = [] }, at) => {
    const peers = [
      ...ingress.flatMap(({ from = [] }, number) =>
        from.map((one, n) => ({ one, path: `ingress[${number}].from[${n}]` })),
      ),
      ...egress.flatMap(({ to = [] }, number) => to.map((one, n) => ({ one, path: `egress[${number}].to[${n}]` }))),
    ];
    return peers.flatMap(({ one: { ipBlock }, path }) =>
      (ipBlock?.except ?? []).flatMap((part, n) => {
        const [whole, inner] = [new Subnet(ipBlock!.cidr), new Subnet(part)];
        if (whole.contains(inner) && inner.prefix > whole.prefix) return [];
        const message = `${part} is no part of ${whole}, of which it is to be excepted; choose a smaller subnet of it`;
        return problemAt(`policies[${at}].${path}.ipBlock.except[${n}]`, message);
      }),
    );
  });
}

export const POLICY_RULES = [policiesFitTheLab, exceptsAreInside] as const;
