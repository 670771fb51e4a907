/**
 * IP addresses and subnets as values that are valid from construction. This is the only file that does
 * arithmetic on an address; everything else asks a {@link Subnet}.
 */
import { excludeCidr, parseCidr } from "cidr-tools";
import { parseIp, stringifyIp } from "ip-bigint";

/** The number behind an address: comparable, and the unit of all arithmetic here. Throws on a malformed address. */
export function addressValue(address: string): bigint {
  return parseIp(address).number;
}

/** 4 or 6. Throws on a malformed address. */
export function addressVersion(address: string): 4 | 6 {
  return parseIp(address).version;
}

/** True for an IPv6 address or subnet, told by its colon: for where every packet asks and the text is known to be well formed. */
export function isIPv6(text: string): boolean {
  return text.includes(":");
}

/** The address of an interface without the length of its prefix: `192.168.20.1` of `192.168.20.1/24`. */
export function bare(cidr: string): string {
  return cidr.split("/")[0]!;
}

/** True for an address by which every namespace means itself (RFC 1122, 3.2.1.3 g; RFC 4291, 2.5.3). */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

const MULTICAST = /^(22[4-9]|23\d)\./;

/** True for an IPv4 address of a group (RFC 1112). */
export function isMulticast(address: string): boolean {
  return MULTICAST.test(address);
}

/** Whoever is on the link (RFC 919). */
export const LIMITED_BROADCAST = "255.255.255.255";

/** The one way to write an address (IPv6: RFC 5952), so that equal addresses are equal texts. Throws on a malformed one. */
export function canonical(address: string): string {
  return stringifyIp(parseIp(address));
}

/** How many leading bits two addresses of one version have in common. */
export function commonPrefix(one: string, other: string): number {
  const bits = addressVersion(one) === 4 ? 32 : 128;
  const difference = addressValue(one) ^ addressValue(other);
  return difference === 0n ? bits : bits - difference.toString(2).length;
}

/** A subnet in CIDR notation (RFC 4632; IPv6: RFC 4291), normalised: `192.168.20.7/24` is the subnet 192.168.20.0/24. */
export class Subnet {
  readonly version: 4 | 6;
  readonly prefix: number;
  readonly #start: bigint;
  readonly #end: bigint;

  /** @throws Error when `cidr` is not a subnet in CIDR notation. */
  constructor(cidr: string) {
    const parsed = parseCidr(cidr);
    if (!parsed.prefixPresent) throw new Error(`${cidr} has no prefix length; write it as ${cidr}/24`);
    this.version = parsed.version;
    this.prefix = Number(parsed.prefix);
    this.#start = parsed.start;
    this.#end = parsed.end;
  }

  /** The network address, for example `192.168.20.0`. */
  get network(): string {
    return this.#format(this.#start);
  }

  /** The last address; in IPv4 the directed broadcast address (RFC 919). */
  get last(): string {
    return this.#format(this.#end);
  }

  /** How many addresses can be given to interfaces: without network and broadcast address (IPv6: without the first, which is every router's), except in a subnet of one or two. */
  get capacity(): number {
    const size = this.#end - this.#start + 1n;
    if (size <= 2n) return Number(size);
    return Number(this.version === 6 ? size - 1n : size - 2n);
  }

  /**
   * The n-th address counted from the network address: `at(1)` of 192.168.20.0/24 is 192.168.20.1.
   * A negative n counts from the end: `at(-1)` is the last address.
   * @throws RangeError when the subnet has no such address.
   */
  at(n: number): string {
    const value = n < 0 ? this.#end + BigInt(n + 1) : this.#start + BigInt(n);
    if (value < this.#start || value > this.#end) throw new RangeError(`${this} has no address number ${n}`);
    return this.#format(value);
  }

  /** The n-th subnet of the given prefix length inside this one. @throws RangeError when there is none. */
  subnet(n: number, prefix: number): Subnet {
    const bits = this.version === 4 ? 32 : 128;
    const start = this.#start + BigInt(n) * (1n << BigInt(bits - prefix));
    if (prefix < this.prefix || start > this.#end) throw new RangeError(`${this} has no /${prefix} number ${n}`);
    return new Subnet(`${this.#format(start)}/${prefix}`);
  }

  /** True when an address, or the whole of another subnet, lies inside this one. */
  contains(other: string | Subnet): boolean {
    if (other instanceof Subnet) {
      return other.version === this.version && other.#start >= this.#start && other.#end <= this.#end;
    }
    const { version, number } = parseIp(other);
    return version === this.version && number >= this.#start && number <= this.#end;
  }

  /** True when the two subnets share an address. */
  overlaps(other: Subnet): boolean {
    return other.version === this.version && other.#start <= this.#end && this.#start <= other.#end;
  }

  /** What is left of it without some others, as the fewest subnets that are just that. */
  without(others: readonly Subnet[]): Subnet[] {
    return excludeCidr(String(this), others.map(String)).map((cidr) => new Subnet(cidr));
  }

  /** True when an interface may hold `address` in this subnet: inside it, and neither network nor broadcast address. */
  usable(address: string): boolean {
    if (!this.contains(address)) return false;
    const value = addressValue(address);
    return this.#end - this.#start < 2n || (value !== this.#start && (this.version === 6 || value !== this.#end));
  }

  /** CIDR notation, for example `192.168.20.0/24`. */
  toString(): string {
    return `${this.network}/${this.prefix}`;
  }

  #format(number: bigint): string {
    return stringifyIp({ number, version: this.version });
  }
}

/** True when `cidr` can be read as a {@link Subnet}. */
export function isSubnet(cidr: string): boolean {
  try {
    return Boolean(new Subnet(cidr));
  } catch {
    return false;
  }
}
