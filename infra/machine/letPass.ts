/** The rules of the machine's ip6tables by which frames of a lab with IPv6 pass its own segments (components/let-pass.sh). */
import { fileURLToPath } from "node:url";
import type { LabPlan } from "../plan/plan.ts";
import { outputOf } from "./command.ts";
import { shortId } from "./docker.ts";
import type { Inventory } from "./inventory.ts";
import type { Maker } from "./owner.ts";

/** Longest wait, in milliseconds: a container has to start. */
const LIMIT_MS = 70_000;

/** As Docker names a network's bridge. */
export const bridgeOf = (network: { readonly id: string }): string => `br-${shortId(network.id)}`;

/**
 * Returns the segments that have lost their rule, by a reboot or a firewall that was loaded anew. None where that can't be seen:
 * without root, or where the segment's bridge is not on this machine, for its engine runs elsewhere.
 */
export async function heldBack({ lab, segments }: LabPlan, { networks }: Inventory): Promise<string[]> {
  if (!segments.some(hasRule)) return [];
  const asked = [
    outputOf("ip", ["-o", "link", "show", "type", "bridge"]),
    outputOf("ip6tables-save", ["-t", "filter"]),
  ];
  const [links, saved] = await Promise.all(asked.map((output) => output.catch(() => undefined)));
  if (links === undefined || saved === undefined) return [];
  const there = networks.filter((network) => network.lab === lab);
  return segments.filter(hasRule).flatMap(({ name, network }) => {
    const bridge = there.filter((one) => one.name === network).map(bridgeOf)[0];
    const isHere = bridge !== undefined && links.includes(`: ${bridge}: `);
    return isHere && !saved.includes(`-A FORWARD -i ${bridge} -o ${bridge} `) ? [name] : [];
  });
}

export const hasRule = ({ subnet6 }: LabPlan["segments"][number]): boolean => subnet6 !== undefined;

/** Takes a lab's rules away. @param image of nodes @throws CommandFailed */
export async function removeRules({ lab, clone, stack }: Maker, image: string): Promise<void> {
  const given = [`LAB=${lab}`, `OWNER=${clone}`, `STACK=${stack}`, `IMAGE=${image}`, "BRIDGES="];
  const script = fileURLToPath(new URL("../components/let-pass.sh", import.meta.url));
  await outputOf("env", [...given, "sh", script], LIMIT_MS);
}
