/** What is to be sent, from a user's words. */
import { isIP } from "node:net";
import {
  type FamilyNumber,
  type Source,
  sourcesOf,
  type Target,
  targetNamed,
  targetsOf,
} from "../../infra/expect/endpoints.ts";
import { Network } from "../../infra/packet/network.ts";
import type { Probe } from "../../infra/packet/walk.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { addressVersion, canonical } from "../../infra/spec/address.ts";
import { EXIT, Failure } from "../exit.ts";
import { given } from "../given.ts";

export interface Question {
  /** As the user wrote it. */
  readonly to: string;
  readonly probe: Probe;
}

export interface Wish {
  /** What is sent unless another is asked for. */
  readonly icmp?: boolean;
  /** A port, or true for the target's own first one. */
  readonly tcp?: string | true;
  readonly udp?: string | true;
  /** Bytes of the whole IP packet; it is then not to be split. */
  readonly size?: string;
  readonly ttl?: string;
  /** To the target's IPv6 address; an address in place of a name says its family itself. */
  readonly ipv6?: boolean;
}

/** IP header and what the protocol and the mark need (capture/shoot.py). */
const SMALLEST = { 4: 48, 6: 68 } as const;
const LARGEST = 65_535;

/** @throws Failure (exit code 3) naming what is wrong and what would do */
export function questionOf(plan: LabPlan, from: string, to: string, wish: Wish = {}): Question {
  const source = sourceNamed(plan, from);
  const target = targetOf(plan, source, to, wish.ipv6 ? 6 : 4);
  const { address } = target;
  const way = new Network(plan.netns).namespace(source.netns).table.lookup(address).kind;
  if (way === "broadcast" || way === "multicast") {
    throw badInput(`${to} is an address of many, and a walk follows one packet to one; choose one of them`);
  }
  const [protocol = "icmp", ...others] = (["icmp", "tcp", "udp"] as const).filter((one) => wish[one] !== undefined);
  if (others.length > 0) throw badInput(`--${[protocol, ...others].join(" and --")} are two packets; ask for one`);
  const port = protocol === "icmp" ? undefined : portOf(target, protocol, wish[protocol]);
  if (protocol === "tcp" && wish.size !== undefined) {
    throw badInput("--size has no meaning for --tcp: a SYN is as large as its options; use --icmp or --udp");
  }
  const size = numberIn("--size", wish.size, SMALLEST[addressVersion(address)], LARGEST);
  const ttl = numberIn("--ttl", wish.ttl, 1, 255);
  return {
    to,
    probe: {
      from: source.netns,
      to: address,
      protocol,
      ...given({ port, ttl }),
      ...(size === undefined ? {} : { size, df: true }),
    },
  };
}

/** Any namespace of the lab can send: pods and hosts, the router, the internet. */
function sourceNamed(plan: LabPlan, name: string): Source {
  const all = [...sourcesOf(plan), ...plan.nodes.map((node) => ({ netns: node.name, host: node.name }))];
  const found = all.find(({ netns }) => netns === name);
  if (found) return found;
  const known = [...new Set(all.map(({ netns }) => netns))];
  throw badInput(`no packet can start in ${name}; it can in ${known.join(", ")}`);
}

function targetOf(plan: LabPlan, source: Source, name: string, family: FamilyNumber): Target {
  if (isIP(name) > 0) return { name, address: canonical(name), listeners: [] };
  const found = targetNamed(plan, source, name, family);
  if (found) return found;
  const known = targetsOf(plan, source, family).map((one) => one.name);
  if (known.length === 0) throw badInput("this lab has no IPv6; it does with ipv6: true in its config");
  const asked = family === 6 ? `${name} has no IPv6 address` : `${name} is neither an address nor in this lab`;
  throw badInput(`${asked}; use ${known.join(", ")}`);
}

function portOf(
  { name, listeners }: Target,
  protocol: "tcp" | "udp",
  wish: string | true | undefined,
): number | undefined {
  if (wish !== true) return numberIn(`--${protocol}`, wish, 1, 65_535);
  const served = listeners.find((one) => one.protocol === protocol);
  if (served) return served.port;
  throw badInput(`${name} serves nothing by ${protocol}; name a port: --${protocol} 8080`);
}

function numberIn(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw badInput(`${option} ${text} is no whole number from ${least} to ${most}`);
}

function badInput(message: string): Failure {
  return new Failure(EXIT.badInput, message);
}
