/** What can be wrong with an end of a link: an interface, the bridge it is on, a veth's other end, an address. */
import type { Cause } from "./cause.ts";
import type { BridgePort } from "./events.ts";
import { holds, type Scene } from "./scene.ts";
import { namespacesOf, type Port, type Section, touches } from "./section.ts";

/** The namespace is not there: its pause container is dead. */
export function gone(scene: Scene, netns: string): Cause | undefined {
  const why = scene.missing(netns);
  return why === undefined ? undefined : withoutNetwork(netns, why, scene.containersOf(netns));
}

export function withoutNetwork(netns: string, why: string, evidence: readonly string[]): Cause {
  return {
    key: `gone ${netns}`,
    netns,
    text: `${netns} has no network: ${why}`,
    evidence,
    covers: (section) => namespacesOf(section).includes(netns),
  };
}

/** The packet does not fit an interface. */
export function tooLong({ netns, dev }: Port, size: number, mtu: number): Cause {
  return {
    key: `mtu ${netns} ${dev}`,
    netns,
    dev,
    text: `${size} bytes don't fit ${netns} ${dev}, whose MTU is ${mtu}`,
    evidence: [`${netns}: ip link show ${dev}: mtu ${mtu}`],
    covers: (section) =>
      section.kind === "link" ? touches(section, { netns, dev }) : section.netns === netns && section.out === dev,
  };
}

/** The interface is gone, down, or without its other end. */
export function interfaceProblem(scene: Scene, { netns, dev }: Port): Cause | undefined {
  if (!scene.kernel(netns)) return undefined;
  const link = scene.link(netns, dev);
  const up = link?.flags.includes("UP");
  const deaf = scene.interface(netns, dev)?.kind !== "vxlan" && link?.flags.includes("NOARP");
  if (up && !link?.flags.includes("NO-CARRIER") && !deaf) return undefined;
  const port = up && !deaf ? portProblem(scene, { netns, dev }) : undefined;
  if (port) return port;
  const what = !link ? "is gone" : !up ? "is down" : deaf ? "has ARP turned off" : "has no carrier";
  return {
    key: `link ${netns} ${dev}`,
    netns,
    dev,
    text: `${netns}'s interface ${dev} ${what}`,
    evidence: [
      `${netns}: ip link show ${scene.kernelName(netns, dev)}: ${link ? `<${link.flags.join(",")}>` : "no such interface"}`,
    ],
    covers: (section) => onInterface(scene, section, { netns, dev }),
  };
}

/** What an interface carries; of a bridge, all that its ports send each other, too. */
function onInterface(scene: Scene, section: Section, { netns, dev }: Port): boolean {
  const plan = scene.interface(netns, dev);
  if (plan?.kind === "bridge" && section.kind === "link" && section.link === plan.link) return true;
  return touches(section, { netns, dev });
}

/** The bridge of the link that an interface is on. */
export function bridgeProblem(scene: Scene, port: Port): Cause | undefined {
  const bridge = bridgeOf(scene, port);
  return bridge && interfaceProblem(scene, bridge);
}

/** Undefined for a link that is none of the lab's bridges. */
export function bridgeOf(scene: Scene, { netns, dev }: Port): Port | undefined {
  const link = scene.interface(netns, dev)?.link;
  const bridges = scene.plan.netns.flatMap(({ id, interfaces }) =>
    interfaces
      .filter((one) => one.kind === "bridge" && one.link === link)
      .map(({ name }) => ({ netns: id, dev: name })),
  );
  return bridges[0];
}

/** The host's end of a pod's veth: must be up, and a port of the bridge that forwards. */
export function portProblem(scene: Scene, { netns, dev }: Port): Cause | undefined {
  const { role, node } = scene.netns(netns);
  const plan = scene.interface(netns, dev);
  const bridge = scene.netns(node).interfaces.find((one) => one.kind === "bridge" && one.link === plan?.link);
  if (role !== "pod" || !bridge || !scene.kernel(netns)) return undefined;
  const port = scene.hostEnd(netns);
  const state = scene.port(node, port?.ifname)?.state;
  const what = !port
    ? `has no end in ${node}`
    : port.master !== bridge.name
      ? `is ${port.master ? `on ${port.master}, not on ${bridge.name}` : `not plugged into ${bridge.name}`}`
      : !port.flags.includes("UP")
        ? "is down at its host's end"
        : state !== undefined && state !== "forwarding"
          ? `is a port of ${bridge.name} that is ${state}`
          : undefined;
  if (what === undefined) return undefined;
  const shown = port ? `<${port.flags.join(",")}> ${port.master ? `master ${port.master}` : "no master"}` : "none";
  return {
    key: `port ${netns}`,
    netns: node,
    dev: bridge.name,
    text: `the veth of ${netns} ${what}`,
    evidence: [`${node}: ip link show ${port?.ifname ?? "type veth"}: ${shown}${state ? ` state ${state}` : ""}`],
    covers: (section) => touches(section, { netns, dev }),
  };
}

/** Both are ports of one bridge that keeps them apart. */
export function isolation(scene: Scene, from: Port, to: Port): Cause | undefined {
  const isolated = ({ netns }: Port) => podPort(scene, netns)?.isolated === true;
  if (!isolated(from) || !isolated(to)) return undefined;
  const bridge = bridgeOf(scene, to);
  const netns = bridge?.netns ?? to.netns;
  return {
    key: `isolated ${netns} ${bridge?.dev}`,
    netns,
    dev: bridge?.dev,
    text: `the veths of ${from.netns} and ${to.netns} are isolated ports of ${bridge?.dev ?? "their bridge"}, which passes nothing between such`,
    evidence: [from, to].map((one) => `${netns}: bridge -d link: ${scene.hostEnd(one.netns)?.ifname} isolated on`),
    covers: (section) => section.kind === "link" && isolated(section.from) && isolated(section.to),
  };
}

/** A pod that asks itself by a service is on one port of a bridge, which must send back by it. */
export function hairpinOff(scene: Scene, from: Port, to: Port): Cause | undefined {
  const port = from.netns === to.netns ? podPort(scene, to.netns) : undefined;
  if (port?.hairpin !== false) return undefined;
  const { node } = scene.netns(to.netns);
  return {
    key: `hairpin ${to.netns}`,
    netns: node,
    dev: port.master,
    text: `the veth of ${to.netns} is a port of ${port.master} that sends nothing back where it came from (hairpin off)`,
    evidence: [`${node}: bridge -d link show dev ${port.ifname}: hairpin off`],
    covers: (section) => section.kind === "link" && section.from.netns === to.netns && section.to.netns === to.netns,
  };
}

/** The bridge's port that a pod is plugged into. */
function podPort(scene: Scene, netns: string): BridgePort | undefined {
  const { role, node } = scene.netns(netns);
  return role === "pod" ? scene.port(node, scene.hostEnd(netns)?.ifname) : undefined;
}

/** The interface has lost an address that the plan gave it. */
export function addressProblem(scene: Scene, { netns, dev }: Port, address: string): Cause | undefined {
  if (!scene.kernel(netns) || scene.addresses(netns).includes(address)) return undefined;
  const plan = scene.interface(netns, dev);
  if (!plan || !holds(plan, address)) return undefined;
  const has = scene.addresses(netns, dev).join(", ") || "none";
  return {
    key: `address ${netns} ${address}`,
    netns,
    dev,
    text: `${netns} does not hold the address ${address} (${dev} has ${has})`,
    evidence: [`${netns}: ip address show ${dev}: ${has}`],
    covers: (section) => touches(section, { netns, dev }),
  };
}

/** A namespace that has somebody else's address: it takes in what is for them, and drops what comes from them as martian. */
export function holdsItself(scene: Scene, netns: string, address: string): Cause | undefined {
  const holders = scene.plan.netns.filter(({ interfaces }) => interfaces.some((one) => holds(one, address)));
  const link = scene.kernel(netns)?.links.find(({ addr_info }) => addr_info.some(({ local }) => local === address));
  if (holders.some(({ id }) => id === netns) || !link) return undefined;
  const [owner] = holders;
  const met = (section: Section) =>
    section.kind === "link"
      ? section.to.netns === owner?.id && section.packet.destination === address
      : section.netns === netns && [section.packet.source, section.packet.destination].includes(address);
  return {
    key: `holds ${netns} ${address}`,
    netns,
    text: `${netns} takes ${address}${owner ? `, which is ${owner.id}'s,` : ""} for an address of its own: its ${scene.planName(netns, link.ifname)} has it`,
    evidence: [`${netns}: ip address show ${link.ifname}: ${address}`],
    covers: met,
  };
}
