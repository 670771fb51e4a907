/** What must hold of policies. */
import { Subnet } from "./address.ts";
import type { PolicySpec } from "./kubernetes.ts";
import { needsDistinctPods } from "./networkRules.ts";
import type { Problem } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";

/** Whether the policy closes its pods in this direction. */
export function closes({ policyTypes, egress }: PolicySpec, direction: "ingress" | "egress"): boolean {
  return policyTypes?.includes(direction) ?? (direction === "ingress" || egress !== undefined);
}

function policiesFitTheLab({ network, policies, ipv6 }: ResolvedLab): Problem[] {
  if (policies.length === 0) return [];
  const v4Only = "hold for IPv4 only, and IPv6 would go past them; remove ipv6 or the policies";
  return [...needsDistinctPods(network, "policies"), ...(ipv6 ? [{ path: "policies", message: v4Only }] : [])];
}

function exceptsAreInside({ policies }: ResolvedLab): Problem[] {
  return policies.flatMap(({ ingress = [], egress = [] }, at) => {
    const peers = [
      ...ingress.flatMap(({ from = [] }, number) =>
        from.map((one, n) => ({ one, path: `ingress[${number}].from[${n}]` })),
      ),
      ...egress.flatMap(({ to = [] }, number) => to.map((one, n) => ({ one, path: `egress[${number}].to[${n}]` }))),
    ];
    return peers.flatMap(({ one: { cidr, except = [] }, path }) =>
      except.flatMap((part, n) =>
        cidr === undefined || new Subnet(cidr).contains(new Subnet(part))
          ? []
          : [
              {
                path: `policies[${at}].${path}.except[${n}]`,
                message: `${part} lies outside ${cidr}, of which it is to be excepted; choose a subnet of it`,
              },
            ],
      ),
    );
  });
}

function rulesAreOfTheirTypes({ policies }: ResolvedLab): Problem[] {
  return policies.flatMap((policy, at) =>
    (["ingress", "egress"] as const).flatMap((direction) =>
      policy[direction] === undefined || closes(policy, direction)
        ? []
        : [
            {
              path: `policies[${at}].${direction}`,
              message: `allows what is not closed, for policyTypes leaves ${direction} out; add it there, or remove these rules`,
            },
          ],
    ),
  );
}

export const POLICY_RULES = [policiesFitTheLab, exceptsAreInside, rulesAreOfTheirTypes] as const;
