/** Causes that are met in namespaces and on links alike. */
import type { Cause } from "./cause.ts";
import type { Scene } from "./scene.ts";
import { type Section, touches } from "./section.ts";

/** The namespace is not there: its pause container is dead. */
export function gone(scene: Scene, netns: string): Cause | undefined {
  const why = scene.missing(netns);
  if (why === undefined) return undefined;
  return {
    key: `gone ${netns}`,
    netns,
    text: `${netns} has no network: ${why}`,
    evidence: scene.containersOf(netns),
    covers: (section) => ends(section).includes(netns),
  };
}

function ends(section: Section): string[] {
  return section.kind === "link" ? [section.from.netns, section.to.netns] : [section.netns];
}

/** The packet does not fit an interface. */
export function tooLong(netns: string, dev: string, size: number, mtu: number): Cause {
  return {
    key: `mtu ${netns} ${dev}`,
    netns,
    dev,
    text: `${size} bytes don't fit ${netns} ${dev}, whose MTU is ${mtu}`,
    evidence: [`${netns}: ip link show ${dev}: mtu ${mtu}`],
    covers: (section) =>
      section.kind === "link" ? touches(section, netns, dev) : section.netns === netns && section.out === dev,
  };
}
