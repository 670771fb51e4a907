/** Causes that are met in namespaces and on links alike. */
import type { Cause } from "./cause.ts";
import { type Passage, touches } from "./passage.ts";
import type { Scene } from "./scene.ts";

/** The namespace is not there: its pause container is dead. */
export function gone(scene: Scene, netns: string): Cause | undefined {
  const why = scene.missing(netns);
  if (why === undefined) return undefined;
  return {
    key: `gone ${netns}`,
    netns,
    text: `${netns} has no network: ${why}`,
    evidence: scene.containersOf(netns),
    covers: (passage) => ends(passage).includes(netns),
  };
}

function ends(passage: Passage): string[] {
  return passage.kind === "link" ? [passage.from.netns, passage.to.netns] : [passage.netns];
}

/** The packet does not fit an interface. */
export function tooLong(netns: string, dev: string, size: number, mtu: number): Cause {
  return {
    key: `mtu ${netns} ${dev}`,
    netns,
    dev,
    text: `${size} bytes don't fit ${netns} ${dev}, whose MTU is ${mtu}`,
    evidence: [`${netns}: ip link show ${dev}: mtu ${mtu}`],
    covers: (passage) =>
      passage.kind === "link" ? touches(passage, netns, dev) : passage.netns === netns && passage.out === dev,
  };
}
