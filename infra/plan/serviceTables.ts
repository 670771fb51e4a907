/**
 * Services in the chains of kube-proxy's iptables mode (pkg/proxy/iptables/proxier.go in kubernetes/kubernetes):
 *
 *   PODLAB-SERVICES  -> PODLAB-SVC-web -> PODLAB-SEP-web-1 or -2 …, each with an equal chance
 *   PODLAB-NODEPORTS -> PODLAB-EXT-web -> PODLAB-SVC-web
 */
import type { FilterRule, NatRule } from "../packet/netns.ts";
import { MASQUERADE_MARK, SERVICE_CHAIN } from "../spec/names.ts";
import { type Chains, portMatch, words } from "./rule.ts";

const SERVICES = "PODLAB-SERVICES";
const NODE_PORTS = "PODLAB-NODEPORTS";
const MARK_MASQUERADE = "PODLAB-MARK-MASQ";
const MASQUERADE_MARKED = "PODLAB-POSTROUTING";

type Translation = NatRule & { readonly action: { readonly kind: "dnat" } };

/** Returns the chains that stand for a namespace's services; none where it has no services. */
export function serviceTables(nat: readonly NatRule[], filter: readonly FilterRule[]): { nat: Chains; filter: Chains } {
  if (!nat.some(({ match }) => match.marked)) return { nat: {}, filter: {} };
  // PREROUTING and OUTPUT have the same rules: they share chains.
  const translations = nat.filter(
    (rule): rule is Translation => rule.chain === "PREROUTING" && rule.action.kind === "dnat",
  );
  const services = [...Map.groupBy(translations, ({ action }) => action.service!)];
  const refused = filter.filter(({ chain, policy, action }) => chain === "OUTPUT" && !policy && action === "reject");
  return {
    nat: {
      PREROUTING: [`-j ${SERVICES}`],
      OUTPUT: [`-j ${SERVICES}`],
      POSTROUTING: [`-j ${MASQUERADE_MARKED}`],
      [SERVICES]: [
        ...services.flatMap(([name, rules]) =>
          clientsOf(rules).map((one) => words(to(one), `-j ${SERVICE_CHAIN}${name}`)),
        ),
        // What is for the node's own ports is asked last. 127.0.0.1 is left to whoever listens there.
        `! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j ${NODE_PORTS}`,
      ],
      [NODE_PORTS]: services.flatMap(([name, rules]) =>
        outsidersOf(rules).map(({ match }) => words(portMatch(match), `-j ${externalChain(name)}`)),
      ),
      [MARK_MASQUERADE]: [`-j MARK --set-xmark ${MASQUERADE_MARK}/${MASQUERADE_MARK}`],
      [MASQUERADE_MARKED]: [
        `-m mark ! --mark ${MASQUERADE_MARK}/${MASQUERADE_MARK} -j RETURN`,
        `-j MARK --set-xmark ${MASQUERADE_MARK}/0x0`,
        "-j MASQUERADE",
      ],
      ...Object.assign({}, ...services.map(([name, rules]) => chainsOf(name, rules))),
    },
    filter: {
      FORWARD: [`-j ${SERVICES}`],
      OUTPUT: [`-j ${SERVICES}`],
      [SERVICES]: refused.map((one) => words(to(one), "-j REJECT --reject-with icmp-port-unreachable")),
    },
  };
}

const externalChain = (service: string): string => `PODLAB-EXT-${service}`;

/** Rules for the service's address, and for the node's own ports. */
const clientsOf = (rules: readonly Translation[]) => rules.filter(({ match }) => !match.toOwn);
const outsidersOf = (rules: readonly Translation[]) => rules.filter(({ match }) => match.toOwn);

const to = ({ match }: NatRule | FilterRule): string => words(`-d ${match.destination}/32`, portMatch(match));

/** A service's own chains. */
function chainsOf(name: string, rules: readonly Translation[]): Chains {
  const clients = clientsOf(rules);
  const endpoints = clients[0]!.action.to;
  const endpointChain = (number: number) => `PODLAB-SEP-${name}-${number + 1}`;
  const outside = outsidersOf(rules).length > 0;
  return {
    [`${SERVICE_CHAIN}${name}`]: [
      ...clients.map((rule) => {
        const { exceptFrom } = rule.action.marks ?? {};
        return words(exceptFrom && `! -s ${exceptFrom}`, to(rule), `-j ${MARK_MASQUERADE}`);
      }),
      // Of those that are left each has the same chance; the last one takes the rest.
      ...endpoints.map((_, at) => {
        const left = endpoints.length - at;
        const chance = left > 1 && `-m statistic --mode random --probability ${probability(left)}`;
        return words(chance, `-j ${endpointChain(at)}`);
      }),
    ],
    ...Object.fromEntries(
      endpoints.map(({ address, port }, at) => [
        endpointChain(at),
        [
          // An endpoint that asks itself must not see its own address, or it would answer itself (hairpin).
          `-s ${address}/32 -j ${MARK_MASQUERADE}`,
          ...clients.map(({ match: { protocol } }) => {
            return `-p ${protocol} -m ${protocol} -j DNAT --to-destination ${address}:${port}`;
          }),
        ],
      ]),
    ),
    ...(outside ? { [externalChain(name)]: [`-j ${MARK_MASQUERADE}`, `-j ${SERVICE_CHAIN}${name}`] } : {}),
  };
}

/** 1/n as the kernel holds it, in units of 2^-31 (xt_statistic), and iptables prints it. */
const probability = (n: number): string => (Math.round(2 ** 31 / n) / 2 ** 31).toFixed(11);
