/** The machines that a lab is spread over: which there are, which host is on which, and what that asks of the rest of the lab. */
import { z } from "zod";
import type { Subnet } from "./address.ts";
import { OVERLAY_NAME, overlayName, segmentName } from "./names.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { ResolvedLab, ResolvedMachine } from "./resolvedLab.ts";
import type { LabSpec } from "./spec.ts";
import { name } from "./values.ts";

/** A Docker endpoint as DOCKER_HOST has it, or the name of a context (docker context ls). */
const ENGINE = /^(?:(?:ssh|tcp|unix):\/\/[\w.@:/~%[\]-]+|[a-zA-Z0-9][a-zA-Z0-9_.+-]*)$/;

export const machine = z
  .strictObject({
    name: name.describe("The machine's name in this lab"),
    host: z
      .string()
      .regex(
        ENGINE,
        "is no Docker engine; write ssh://user@machine, tcp://machine:2376, or the name of a docker context",
      )
      .optional()
      .describe(
        "Its Docker engine: ssh://user@machine, tcp://machine:2376, or a docker context. The first machine has none: it is the engine that docker talks to",
      ),
  })
  .meta({ id: "Machine", description: "A Docker engine that the lab is spread over, a node of a Docker Swarm" });

export type MachineSpec = z.infer<typeof machine>;

/** Ethernet's payload (RFC 894); what a veth and a Docker bridge have by default. */
const ETHERNET_MTU = 1500;
/** What VXLAN puts around a packet: IPv4 (20), UDP (8) and VXLAN header (8), and the inner Ethernet header (14; RFC 7348, 5). */
export const VXLAN_HEADERS = 50;

/** Returns how many bytes the packets of a lab may have. */
export const mtuOf = (mtu: number | undefined, machines: readonly MachineSpec[] = []): number =>
  mtu ?? (machines.length > 1 ? ETHERNET_MTU - VXLAN_HEADERS : ETHERNET_MTU);

/** Returns the machine as plans have it; undefined for the first, which needs no way to it. */
export const besidesFirst = ({ name: own, host }: MachineSpec): ResolvedMachine | undefined =>
  host === undefined ? undefined : { name: own, host };

/**
 * Returns the machine of the host with that number: the one that it names, or else each in turn. So a host that is added at the end
 * moves no other one. Undefined on the first machine.
 */
export function machineOf(
  machines: readonly MachineSpec[] = [],
  at: number,
  wanted: string | undefined,
): ResolvedMachine | undefined {
  const chosen = wanted === undefined ? machines[at % machines.length] : machines.find((one) => one.name === wanted);
  return chosen && besidesFirst(chosen);
}

/**
 * The part of a segment that Swarm takes addresses from for its own use, one for each machine that is on it: unless it is told, that
 * would be the lowest ones, which are the router's and the host's.
 */
export const swarmRange = (segment: Subnet): Subnet => segment.subnet(1, segment.prefix + 1);

/** Pure. Returns what is wrong with the list of machines, and with what hosts say of it. */
export function machineProblems({ machines = [], hosts }: Pick<LabSpec, "machines" | "hosts">): Problem[] {
  const names = machines.map((one) => one.name);
  const isThere = (wanted: string) => names.includes(wanted);
  const known = names.length > 0 ? `choose one of ${names.join(", ")}` : "list it in machines, or remove this";
  return [
    ...machines.flatMap((one, at) => ofMachine(one, at, machines)),
    ...(typeof hosts === "number" ? [] : hosts).flatMap(({ machine: wanted }, at) =>
      wanted === undefined || isThere(wanted)
        ? []
        : problemAt(`hosts[${at}].machine`, `${wanted} is no machine of this lab; ${known}`),
    ),
  ];
}

function ofMachine({ name: own, host }: MachineSpec, at: number, all: readonly MachineSpec[]): Problem[] {
  const twin = all.findIndex((one) => one.name === own);
  const engine = all.findIndex((one) => one.host === host);
  const say = (key: "name" | "host", message: string) => problemAt(`machines[${at}].${key}`, message);
  if (twin < at) return say("name", `${own} is taken by machines[${twin}]; choose another`);
  if (at === 0 && host !== undefined)
    return say(
      "host",
      "is not for the first machine, which is the engine that docker talks to; choose that by docker context use or DOCKER_HOST",
    );
  if (at > 0 && host === undefined)
    return say("host", `is missing; say how ${own}'s Docker engine is reached (ssh://user@machine)`);
  if (at > 0 && engine < at) return say("host", `${host} is machines[${engine}] already; remove one of the two`);
  return [];
}

/** Pure. Returns what can't be had in a lab of several machines. */
export function spreadProblems(lab: ResolvedLab): Problem[] {
  const away = lab.hosts.flatMap((host, at) => (host.machine ? [{ ...host, at }] : []));
  const v4Only = "can't be had on several machines, whose network carries IPv4 only; remove it, or remove machines";
  const named = away.flatMap(({ at, name: host }) => {
    const long = overlayName(lab.name, segmentName(host)).length - OVERLAY_NAME;
    const message = `${host} is too long for a host on another machine; take ${long} characters off it or the lab's name`;
    return long > 0 ? problemAt(`hosts[${at}].name`, message) : [];
  });
  const addressed = away.flatMap(({ at, address, segment }) => {
    const own = swarmRange(segment);
    const message = `${address} is in ${own}, which is Swarm's own part of ${segment}; choose ${segment.at(2)}`;
    return own.contains(address) ? problemAt(`hosts[${at}].address`, message) : [];
  });
  return [...(away.length > 0 && lab.ipv6 ? problemAt("ipv6", v4Only) : []), ...named, ...addressed];
}
