/** The lab's namespaces, indexed for walking: by id, and by who is plugged into which link. */
import { isIPv6 } from "../spec/address.ts";
import { Chains } from "./chains.ts";
import type { Interface, Netns } from "./netns.ts";
import { RoutingTable } from "./table.ts";

/** One namespace with its tables compiled. */
export class Namespace {
  readonly netns: Netns;
  readonly table: RoutingTable;
  readonly chains: Chains;

  constructor(netns: Netns) {
    this.netns = netns;
    this.table = new RoutingTable(netns);
    this.chains = new Chains(netns);
  }

  get id(): string {
    return this.netns.id;
  }

  get node(): string {
    return this.netns.node;
  }
}

/** An interface and the namespace it is in. */
export interface Port {
  readonly at: Namespace;
  readonly dev: Interface;
}

export class Network {
  readonly #namespaces: ReadonlyMap<string, Namespace>;
  readonly #links = new Map<string, Port[]>();
  readonly #holders = new Map<string, Map<string, Port[]>>();

  constructor(all: readonly Netns[]) {
    this.#namespaces = new Map(all.map((netns) => [netns.id, new Namespace(netns)]));
    for (const at of this.#namespaces.values()) {
      for (const dev of at.netns.interfaces) {
        const ports = this.#links.get(dev.link);
        if (ports === undefined) this.#links.set(dev.link, [{ at, dev }]);
        else ports.push({ at, dev });
      }
    }
  }

  /** @throws Error when the lab has no such namespace. */
  namespace(id: string): Namespace {
    const found = this.#namespaces.get(id);
    if (found === undefined)
      throw new Error(`no namespace ${id} in this lab; it has ${[...this.#namespaces.keys()].join(", ")}`);
    return found;
  }

  /** The bridge that joins a link's ports, when it is one of the lab's. */
  bridgeOf(link: string): Port | undefined {
    return this.#links.get(link)?.find(({ dev }) => dev.kind === "bridge");
  }

  /**
   * Who answers ARP (RFC 826) or neighbour solicitation (RFC 4861) for `address` when `asker` asks on `link`; of several the
   * one that has the address on this very link, else the first in the plan's order. In IPv4 Linux answers for the addresses of
   * all its interfaces (arp_ignore 0, ip-sysctl.rst), but not to someone who calls itself by an address of its own (net/ipv4/arp.c
   * routes the question first, and a source of one's own is martian).
   */
  holder(link: string, address: string, asker: Namespace, askingAs: string | undefined): Port | undefined {
    return this.#answering(link, address).find(
      ({ at }) => at !== asker && !(askingAs !== undefined && at.table.holds(askingAs)),
    );
  }

  #answering(link: string, address: string): readonly Port[] {
    let index = this.#holders.get(link);
    if (index === undefined) {
      index = new Map();
      this.#holders.set(link, index);
      for (const [held, port] of this.#answers(link)) {
        const ports = index.get(held);
        if (ports === undefined) index.set(held, [port]);
        else ports.push(port);
      }
    }
    return index.get(address) ?? [];
  }

  *#answers(link: string): Iterable<[string, Port]> {
    const ports = this.#links.get(link) ?? [];
    for (const port of ports) {
      for (const address of port.at.table.heldOn(port.dev)) yield [address, port];
    }
    for (const port of ports) {
      for (const address of port.at.table.addresses) if (!isIPv6(address)) yield [address, port];
    }
  }
}
