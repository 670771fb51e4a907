/** Names, addresses, subnets and ports as a user may write them. */
import { z } from "zod";
import { canonical, isIPv6, isSubnet, Subnet } from "./address.ts";

/**
 * A DNS label (RFC 1123) that starts with a letter. Names end up in host names, container names, file names and
 * arguments of commands; a name of this shape is harmless in all of them.
 */
const NAME = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const name = z
  .string()
  .regex(NAME, "is no name; use lower-case letters, digits and -, start with a letter, at most 40 characters (web-1)");

export const ipv4 = z.ipv4("is no IPv4 address; write four numbers from 0 to 255 without leading zeros (192.168.20.2)");

export const ipv6 = z.ipv6("is no IPv6 address; write it like fd00:20::2");

const whole = (cidr: string, context: z.RefinementCtx<string>) => {
  if (!isSubnet(cidr)) return;
  const [address = "", prefix] = cidr.split("/");
  if (`${canonical(address)}/${prefix}` === new Subnet(cidr).toString()) return;
  context.addIssue({ code: "custom", message: `has bits set right of its prefix; write ${new Subnet(cidr)}` });
};

export const subnet = z
  .cidrv4("is no IPv4 subnet; write it as address/prefix without leading zeros (192.168.20.0/24)")
  .superRefine(whole);

export const subnet6 = z
  .cidrv6("is no IPv6 subnet; write it as address/prefix (fd00:20::/64)")
  .refine(isSubnet, "is no IPv6 subnet; write it as address/prefix (fd00:20::/64)")
  .superRefine(whole);

/** A subnet of a size that the lab can use. */
export const sized = (family: z.ZodType<string>, shortest: number, longest: number, why: string) =>
  family.refine((cidr) => {
    const prefix = Number(cidr.split("/")[1]);
    return prefix >= shortest && prefix <= longest;
  }, `has no usable size; choose a prefix from /${shortest} to /${longest} (${why})`);

export const segment = sized(
  subnet,
  16,
  29,
  "router, node, one address that Docker's IPAM keeps, network and broadcast address",
);
export const podSubnet = sized(subnet, 16, 30, "the bridge and at least one pod, network and broadcast address");
export const pool = sized(subnet, 8, 24, "every host gets a /24 of it");
export const segment6 = sized(subnet6, 48, 126, "router and node");
export const podSubnet6 = sized(subnet6, 48, 126, "the bridge and at least one pod");
export const ula = sized(subnet6, 48, 48, "every host gets two /64 of it");

/** Zod can't tell which family was meant; the colon does. */
const ofEither = (v4: z.ZodType<string>, v6: z.ZodType<string>) =>
  z.string().superRefine((text, context) => {
    const { error } = (isIPv6(text) ? v6 : v4).safeParse(text);
    for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
  });
export const anySubnet = ofEither(subnet, subnet6);
export const anyAddress = ofEither(ipv4, ipv6);

/** A whole number. @param fraction what is said of one that is none */
export const between = (least: number, most: number, message: string, fraction = message) =>
  z.int(fraction).min(least, message).max(most, message);

export const port = between(1, 65535, "is no port; use 1 to 65535", "is no port; use a whole number from 1 to 65535");
