/** What a mutation can choose from: the addresses, subnets and next hops that mean something in a lab. */

import type { Interface, Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { Subnet } from "../../infra/spec/address.ts";

/** An address of TEST-NET-2 (RFC 5737): nobody's, and in no subnet of a lab. */
export const OUTSIDE = "198.51.100.7";

export interface NextHop {
  readonly via?: string;
  readonly dev: string;
}

/** The address without its prefix length. */
export const bare = (cidr: string): string => cidr.slice(0, cidr.indexOf("/"));

export class Surroundings {
  readonly plan: LabPlan;
  readonly netns: readonly Netns[];

  constructor(plan: LabPlan, netns: readonly Netns[]) {
    this.plan = plan;
    this.netns = netns;
  }

  /** Hosts and router first and more than once: most packets pass them. */
  get places(): readonly Netns[] {
    const of = (role: Netns["role"]) => this.netns.filter((one) => one.role === role);
    const passed = [...of("host"), ...of("router")];
    return [...passed, ...passed, ...passed, ...of("pod"), ...of("internet")];
  }

  /** Every address that somebody holds. */
  get held(): readonly string[] {
    return unique(this.netns.flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses.map(bare))));
  }

  /** Pods and nodes as they are asked for, then all others, then nobody's. */
  get addresses(): readonly string[] {
    const asked = [...this.plan.pods.map(({ address }) => address), ...this.plan.nodes.map(({ address }) => address)];
    return unique([...asked, ...this.held, ...this.nobodys]);
  }

  /** An address of each subnet that nobody holds, and one of no subnet. */
  get nobodys(): readonly string[] {
    const { held } = this;
    return [...unique(this.#connected().map((subnet) => free(subnet, held))), OUTSIDE];
  }

  /** The broadcast address of each subnet. */
  get broadcasts(): readonly string[] {
    return this.#connected().map(({ last }) => last);
  }

  get subnets(): readonly string[] {
    const connected = this.#connected().map(String);
    return unique([...connected, "192.168.0.0/16", "10.0.0.0/8", "203.0.113.0/24"]);
  }

  /** Where a route might lead to: whole subnets, halves of them, single addresses, everything. */
  get destinations(): readonly string[] {
    const halves = this.#connected()
      .filter(({ prefix }) => prefix < 31)
      .flatMap((subnet) => [subnet.subnet(0, subnet.prefix + 1), subnet.subnet(1, subnet.prefix + 1)]);
    return unique([
      ...this.addresses.map((address) => `${address}/32`),
      ...this.subnets,
      ...halves.map(String),
      "0.0.0.0/0",
    ]);
  }

  /** Next hops that the kernel takes: link-mates, an address where nobody is, or the link itself. */
  nextHops(at: Netns): readonly NextHop[] {
    const { held } = this;
    return at.interfaces.flatMap((dev): NextHop[] => {
      if (dev.vxlan) return [...dev.vxlan.peers.map(({ inner }) => ({ via: inner, dev: dev.name })), { dev: dev.name }];
      const own = at.interfaces.flatMap(({ addresses }) => addresses.map(bare));
      const near = subnetsOf(dev);
      const mates = this.mates(at, dev).flatMap((mate) => mate.addresses.map(bare));
      const vias = [
        ...mates.filter((one) => !own.includes(one) && near.some((subnet) => subnet.usable(one))),
        ...near.map((subnet) => free(subnet, held)),
      ];
      return [...unique(vias).map((via) => ({ via, dev: dev.name })), { dev: dev.name }];
    });
  }

  /** The other interfaces on an interface's link. */
  mates(at: Netns, dev: Interface): readonly Interface[] {
    return this.netns
      .filter(({ id }) => id !== at.id)
      .flatMap(({ interfaces }) => interfaces.filter(({ link }) => link === dev.link));
  }

  /** True when a namespace on the link of one of `at`'s interfaces holds the address: two would answer for it. */
  isAnsweredNear(at: Netns, address: string): boolean {
    const links = new Set(at.interfaces.map(({ link }) => link));
    return this.netns
      .filter(({ id, interfaces }) => id !== at.id && interfaces.some(({ link }) => links.has(link)))
      .some(({ interfaces }) => interfaces.some(({ addresses }) => addresses.map(bare).includes(address)));
  }

  #connected(): Subnet[] {
    const all = this.netns.flatMap(({ interfaces }) => interfaces.flatMap(subnetsOf));
    return unique(all.filter(({ prefix }) => prefix < 31).map(String)).map((cidr) => new Subnet(cidr));
  }
}

function subnetsOf({ addresses }: Interface): Subnet[] {
  return addresses.map((cidr) => new Subnet(cidr)).filter(({ prefix }) => prefix < 31);
}

/** The highest address that nobody holds. */
export function free(subnet: Subnet, held: readonly string[]): string {
  for (let n = -3; ; n -= 1) {
    const address = subnet.at(n);
    if (!held.includes(address)) return address;
  }
}

export function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
