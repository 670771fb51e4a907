/** Datagrams that a node goes on translating as it once did: only the first one of a flow meets table nat. */
import type { Netns } from "../../infra/packet/netns.ts";
import { bare } from "../../infra/spec/address.ts";
import type { Cause } from "./cause.ts";
import type { Scene } from "./scene.ts";
import type { Trial } from "./shot.ts";

/** Of a line of `conntrack -L`: the datagram's addresses and ports as it comes, then those of its answer. */
const ENTRY = /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+) /;

/** A flow from the probe's sender to where it was sent that goes to nobody who is a target now. */
export function staleFlow(scene: Scene, { check, shots }: Trial): Cause | undefined {
  const { from, to } = check.expectation;
  const { address, port, protocol } = shots[0]!;
  if (protocol !== "udp") return undefined;
  const senders = scene.addresses(from);
  for (const { netns, flows = [] } of scene.events.flatMap(({ kernels }) => kernels)) {
    const targets = targetsOf(scene.netns(netns), address, port);
    for (const line of targets === undefined ? [] : flows) {
      const [, source = "", destination, sourcePort, destinationPort, answers, answersFrom] = ENTRY.exec(line) ?? [];
      if (destination !== address || Number(destinationPort) !== port || !senders.includes(source)) continue;
      if (targets!.includes(`${answers}:${answersFrom}`)) continue;
      const { container } = scene.plan.nodes.find(({ name }) => name === netns)!;
      const made = answers === address ? "no rule translated it" : `${answers}:${answersFrom} was one of its endpoints`;
      return {
        key: `flow ${netns} ${source} ${sourcePort} ${address} ${port}`,
        netns,
        text: `${netns} keeps a connection tracking entry for what ${from} sends from port ${sourcePort} to ${to} (${address}:${port}), made while ${made}`,
        evidence: [
          `${netns}: conntrack -L: ${line.trim()}`,
          `mend: docker exec ${container} conntrack -D -p udp -s ${source} -d ${address} --sport ${sourcePort} --dport ${port}`,
        ],
        covers: () => false,
      };
    }
  }
  return undefined;
}

/** Where a namespace translates datagrams to that address and port; undefined where it leaves them as they are. */
function targetsOf({ nat, filter, interfaces }: Netns, address: string, port: number | undefined) {
  const own = interfaces.flatMap(({ addresses }) => addresses.map(bare));
  const met = [...nat, ...filter].filter(
    ({ match }) =>
      match.protocol === "udp" &&
      match.port === port &&
      (match.destination === address || (match.toOwn === true && own.includes(address))),
  );
  const translates = met.some(
    ({ action }) => action === "reject" || (typeof action === "object" && action.kind === "dnat"),
  );
  if (!translates) return undefined;
  return met.flatMap(({ action }) =>
    typeof action === "object" && action.kind === "dnat" ? action.to.map((one) => `${one.address}:${one.port}`) : [],
  );
}
