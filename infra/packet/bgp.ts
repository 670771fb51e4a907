/**
 * What BGP speakers learn from each other, computed from the namespaces alone: which sessions stand, whose subnets travel over
 * them, and by which next hop. After a fault the same computation says what has been withdrawn.
 *
 * A small part of RFC 4271 is enough, since the lab's speakers have no policy but one: everybody announces what is his own and
 * what he learned. Of several ways to a subnet the one through the fewest autonomous systems is taken (9.1.2.2 a), and nobody
 * takes back what he has announced himself (9.1.2, the AS loop).
 */
import { Subnet } from "../spec/address.ts";
import type { Interface, Netns, Route } from "./netns.ts";
import { Network } from "./network.ts";
import { walk } from "./walk.ts";

/** A neighbour as a speaker has it once their session stands. */
interface Session {
  readonly neighbour: string;
  /** Next hop of all that the neighbour announces: an external speaker names itself (RFC 4271, 5.1.3). */
  readonly via: string;
  readonly dev: string;
}

/** The namespaces with what they have learned when nothing changes any more. What they had learned before is forgotten. */
export function converged(all: readonly Netns[]): readonly Netns[] {
  if (all.every(({ bgp, routes }) => bgp === undefined && !routes.some(({ learned }) => learned))) return all;
  const unlearned = all.map((one) => ({ ...one, routes: one.routes.filter(({ learned }) => learned === undefined) }));
  const sessions = sessionsOf(unlearned);
  const learned = new Map<string, Route[]>(unlearned.map(({ id }) => [id, []]));
  for (const origin of unlearned) {
    for (const destination of announcedBy(origin)) {
      for (const [id, { via, dev }] of spread(origin.id, sessions)) {
        learned.get(id)!.push({ destination, via, dev, learned: "bgp" });
      }
    }
  }
  return unlearned.map((one) => ({ ...one, routes: [...one.routes, ...news(one, learned.get(one.id)!)] }));
}

/** Who hears of something, and from whom: breadth first, so by the fewest systems; of two alike the first session's. */
function spread(origin: string, sessions: ReadonlyMap<string, readonly Session[]>): Map<string, Session> {
  const heard = new Map<string, Session>();
  let telling = [origin];
  while (telling.length > 0) {
    const next: string[] = [];
    for (const [id, own] of sessions) {
      const from = own.find(({ neighbour }) => telling.includes(neighbour));
      if (id === origin || heard.has(id) || from === undefined) continue;
      heard.set(id, from);
      next.push(id);
    }
    telling = next;
  }
  return heard;
}

/** Of the routes on offer, those that enter the table: what is connected is preferred, and a prefix is learned once. */
function news({ interfaces }: Netns, offered: readonly Route[]): Route[] {
  const known = new Set(interfaces.flatMap(({ addresses }) => addresses.map((cidr) => new Subnet(cidr).toString())));
  return offered.filter(({ destination }) => !known.has(destination) && known.add(destination));
}

/** An interface that was set down keeps its address and loses its subnet, and with it what it had to announce. */
function announcedBy({ bgp, interfaces }: Netns): string[] {
  const own = interfaces.filter(({ name }) => bgp?.announces.includes(name)).flatMap(({ addresses }) => addresses);
  return own.map((cidr) => new Subnet(cidr)).flatMap((subnet) => (subnet.capacity > 1 ? subnet.toString() : []));
}

/** A session needs both ends to name each other, on a link of both, over which packets go both ways without a router. */
function sessionsOf(all: readonly Netns[]): Map<string, Session[]> {
  const network = new Network(all);
  const reaches = (from: Netns, to: string) => {
    const { outcome, ttl } = walk(network, { from: from.id, to, protocol: "icmp" });
    return outcome === "ok" && ttl === 64;
  };
  const sessions = new Map<string, Session[]>();
  for (const one of all) {
    const own = (one.bgp?.peers ?? []).flatMap((peer): Session[] => {
      const other = all.find(({ id }) => id === peer.name);
      const near = one.interfaces.find((port) => other && portOf(other, peer.address)?.link === port.link);
      if (!other || !near || other.bgp?.as !== peer.as) return [];
      const answers = other.bgp.peers.find(({ name, as }) => name === one.id && as === one.bgp!.as);
      if (!answers || !portOf(one, answers.address) || !reaches(one, peer.address)) return [];
      return reaches(other, answers.address) ? [{ neighbour: other.id, via: peer.address, dev: near.name }] : [];
    });
    if (one.bgp) sessions.set(one.id, own);
  }
  return sessions;
}

const portOf = ({ interfaces }: Netns, address: string): Interface | undefined =>
  interfaces.find(({ addresses }) => addresses.some((cidr) => cidr.startsWith(`${address}/`)));
