/** A difference, told to a person: the lab, what was done to it, what the model said, what the kernel did. */

import { describeHop, describeLoss } from "../../infra/packet/describe.ts";
import { Network } from "../../infra/packet/network.ts";
import { walk } from "../../infra/packet/walk.ts";
import { resultText } from "../../lab-scripts/report/report.ts";
import { changes } from "../netns/commands.ts";
import type { Difference } from "./compare.ts";
import { stateOf, type Topology } from "./topology.ts";

const SHOWN = 6;

export function story(topology: Topology, differences: readonly Difference[]): string {
  return [
    ...labStory(topology),
    `  ${differences.length} checks differ${differences.length > SHOWN ? `; the first ${SHOWN}` : ""}:`,
    ...differences.slice(0, SHOWN).flatMap((one) => differenceStory(topology, one).map((line) => `    ${line}`)),
    "  as a named case (test/differential/cases):",
    `    ${JSON.stringify({ topology, asks: differences.slice(0, SHOWN).map(({ expectation: { id } }) => id) })}`,
  ].join("\n");
}

function labStory(topology: Topology): string[] {
  const { plan, wanted } = stateOf(topology);
  const { spec } = topology;
  const exempt = spec.nonMasqueradeCidrs?.join(" ") ?? "the default";
  return [
    `  network ${spec.network}, nonMasqueradeCidrs ${exempt || "none"}, router masquerade ${spec.router?.masquerade}`,
    ...plan.nodes.map(({ name, address }) => {
      const pods = plan.pods.filter(({ host }) => host === name).map((pod) => `${pod.name} ${pod.address}`);
      return `    ${name} ${address}${pods.length > 0 ? `: ${pods.join(", ")}` : ""}`;
    }),
    "  done to it:",
    ...plan.netns.flatMap((netns, at) =>
      [...changes(netns, wanted[at]!), ...serverChanges(netns.listeners, wanted[at]!.listeners)].map(
        (line) => `    ${netns.id}: ${line}`,
      ),
    ),
  ];
}

function serverChanges(from: readonly object[], to: readonly object[]): string[] {
  const minus = (one: readonly object[], other: readonly object[]) => {
    const texts = new Set(other.map((listener) => JSON.stringify(listener)));
    return one.map((listener) => JSON.stringify(listener)).filter((text) => !texts.has(text));
  };
  return [...minus(from, to).map((text) => `closed ${text}`), ...minus(to, from).map((text) => `listens ${text}`)];
}

export function differenceStory(topology: Topology, { expectation, observed, reason }: Difference): string[] {
  const { id, kind, from, address, port, expected } = expectation;
  const network = new Network(stateOf(topology).wanted);
  const protocol = kind.startsWith("tcp") ? "tcp" : kind.startsWith("udp") ? "udp" : "icmp";
  const walked = walk(network, { from, to: address, protocol, ...(port === undefined ? {} : { port }) });
  const hops = [...walked.forward.map(describeHop), "back:", ...walked.reply.map(describeHop)];
  const loss = describeLoss(walked);
  return [
    `${id} (${address}): ${reason}`,
    `  model:  ${resultText(expected)}${loss && ` (${loss})`}`,
    `  kernel: ${resultText(observed)}${observed.detail ? ` (${observed.detail})` : ""}`,
    ...hops.map((hop) => `    ${hop}`),
  ];
}
