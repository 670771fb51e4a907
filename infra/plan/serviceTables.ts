/**
 * Services in the chains of kube-proxy's iptables mode (pkg/proxy/iptables/proxier.go in kubernetes/kubernetes):
 *
 *   PODLAB-SERVICES  -> PODLAB-SVC-web -> PODLAB-SEP-web-1 or -2 …, each with an equal chance
 *   PODLAB-NODEPORTS -> PODLAB-EXT-web -> PODLAB-SVC-web
 *
 * Of a service with several ports each has chains of its own, PODLAB-SVC-web.http.
 */
import type { FilterRule, NatRule } from "../packet/netns.ts";
import { chainName, MASQUERADE_MARK, serviceChain } from "../spec/names.ts";
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
        ...services.map(([name, rules]) => words(to(clientRule(rules)), `-j ${serviceChain(name)}`)),
        // What is for the node's own ports is asked last. 127.0.0.1 is left to whoever listens there.
        `! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j ${NODE_PORTS}`,
      ],
      [NODE_PORTS]: services.flatMap(([name, rules]) =>
        nodePortRules(rules).map(({ match }) => words(portMatch(match), `-j ${externalChain(name)}`)),
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

const externalChain = (name: string): string => chainName("PODLAB-EXT-", name);

/** The rule for the service's address, and the one for the node's own port, if it has one. */
const clientRule = (rules: readonly Translation[]) => rules.find(({ match }) => !match.toOwn)!;
const nodePortRules = (rules: readonly Translation[]) => rules.filter(({ match }) => match.toOwn);

const to = ({ match }: NatRule | FilterRule): string => words(`-d ${match.destination}/32`, portMatch(match));

/** The chains of a service's port. */
function chainsOf(name: string, rules: readonly Translation[]): Chains {
  const clients = clientRule(rules);
  const { to: endpoints, marks } = clients.action;
  const { protocol } = clients.match;
  const endpointChain = (number: number) => `${chainName("PODLAB-SEP-", name, MOST_ENDPOINTS.length)}-${number + 1}`;
  return {
    [serviceChain(name)]: [
      words(marks?.exceptFrom && `! -s ${marks.exceptFrom}`, to(clients), `-j ${MARK_MASQUERADE}`),
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
          `-p ${protocol} -m ${protocol} -j DNAT --to-destination ${address}:${port}`,
        ],
      ]),
    ),
    ...(nodePortRules(rules).length > 0
      ? { [externalChain(name)]: [`-j ${MARK_MASQUERADE}`, `-j ${serviceChain(name)}`] }
      : {}),
  };
}

/** Room in the name of a chain for the number of every pod that a lab may have. */
const MOST_ENDPOINTS = "-12800";

/** 1/n as the kernel holds it, in units of 2^-31 (xt_statistic), and iptables prints it. */
const probability = (n: number): string => (Math.round(2 ** 31 / n) / 2 ** 31).toFixed(11);
