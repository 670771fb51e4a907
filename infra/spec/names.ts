/**
 * Every name that the lab gives to something. Labels join with a dot, which no name of the spec can hold,
 * so that two different things never get one name: pod `a` container `b-c` is a.b-c, pod `a-b` container `c` is a-b.c.
 */

import { hash } from "./hash.ts";

/** What everything made by podlab carries; nothing without the first is ever touched. */
export const LABEL = {
  lab: "dev.podlab.lab",
  role: "dev.podlab.role",
  /** The stack that it was made for: its config may give the lab another name by now. */
  stack: "dev.podlab.stack",
  /** The clone that made it (machine/owner.ts). */
  owner: "dev.podlab.owner",
  /** The machine that it is on, or that a segment leads to, where that is not the first (machine/machines.ts). */
  machine: "dev.podlab.machine",
  /** Fingerprint of what it was made from. */
  spec: "dev.podlab.spec",
  /** On a node: when it was made anew because its programs were broken (machine/observe.ts). */
  remade: "dev.podlab.remade",
  /** On a network: the machine's ip6tables has a rule for it (machine/letPass.ts). */
  rule: "dev.podlab.rule",
} as const;

/** A node's container, or a segment's network, on the machine. */
export const outerName = (lab: string, name: string): string => `${lab}.${name}`;

/** An overlay network: Swarm takes no dot (a DNS name component, swarmkit), and no name of the spec can hold an underscore. */
export const overlayName = (lab: string, name: string): string => `${lab}_${name}`;

/** Characters of an overlay network's name. */
export const OVERLAY_NAME = 63;

/** The segment that joins a node to the router. */
export const segmentName = (node: string): string => `${node}-net`;

/** A container inside a host; a pod as a resource of Pulumi's. */
export const innerName = (pod: string, container: string): string => `${pod}.${container}`;

export const podId = (host: string, pod: string): string => `${host}/${pod}`;

/** How podlab's own server calls itself in its answers. */
export const identity = (pod: string, container: string): string => `${pod}:${container}`;

/** The bridge of a host's pods, as Kubernetes' kubenet called it. */
export const BRIDGE = "cbr0";

/** Characters of an iptables chain's name (XT_EXTENSION_MAXNAMELEN, less the ending zero). */
const CHAIN_NAME = 28;

/**
 * Returns the name of a chain for something. What is too long is cut, and told from others by a digest.
 * @param kept characters that the caller adds
 */
export function chainName(prefix: string, name: string, kept = 0): string {
  const room = CHAIN_NAME - prefix.length - kept;
  if (name.length <= room) return prefix + name;
  return `${prefix}${name.slice(0, room - 7)}-${hash(name).toString(16).padStart(8, "0").slice(0, 6)}`;
}

/** A service's port, as the names of its chains end: `web`, or `web.http` where there are several. */
export const servicePortName = (service: string, port: string | undefined): string =>
  port === undefined ? service : `${service}.${port}`;

/** The chain that spreads the connections of a service's port (infra/plan/serviceTables.ts). */
export const serviceChain = (servicePort: string): string => chainName("PODLAB-SVC-", servicePort);

/** The packet mark that asks for masquerading, and its mask: kube-proxy's. */
export const MASQUERADE_MARK = "0x4000";

/** A service as a target of checks. */
export const serviceTarget = (service: string): string => `svc/${service}`;

/** An image inside a host's engine: Docker brings no digest along (docker save), so it becomes the tag there. */
export const innerImage = (image: string): string => image.replace(/(?::[\w.-]+)?@sha256:/, ":sha256-");

/** The default image of pods, inside a host's engine. */
export const POD_IMAGE = "podlab/pod";

/** Whether a machine's engine is given as DOCKER_HOST has it; otherwise it is a docker context's name. */
export const isAddress = (host: string): boolean => host.includes("://");

interface OnMachine {
  readonly machine?: { readonly host: string } | undefined;
}

/** Returns the docker CLI's option for the engine that something is on; undefined for the one that it talks to anyway. */
export function engineOption({ machine }: OnMachine): string | undefined {
  return machine && `--${isAddress(machine.host) ? "host" : "context"}=${machine.host}`;
}

/** Returns how a docker command about something begins. */
export const dockerFor = (what: OnMachine): string[] => ["docker", ...[engineOption(what) ?? []].flat()];
