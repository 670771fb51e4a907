/** A question that came to its target, and got no answer or the wrong one. */

import type { Cause } from "./cause.ts";
import type { Leg } from "./compare.ts";
import { addressProblem, holdsItself } from "./ends.ts";
import { filtered } from "./filter.ts";
import { lookupText, type Scene } from "./scene.ts";
import { deliveredTo, type Held, onward } from "./section.ts";
import { stuck } from "./stuck.ts";

/** What was asked, at the place that should have answered. */
export type Asked = Held & { readonly kind: "delivered"; readonly in: string };

/** Answers that need no server. */
const REFUSALS: ReadonlySet<string> = new Set(["rst", "error"]);

/** No answer left the target. @param answers the modelled path of the answer */
export function unanswered(scene: Scene, asked: Asked, answers: Leg): Cause {
  return (
    filtered(scene, asked) ??
    notLocal(scene, asked) ??
    (REFUSALS.has(answers.expected[0]!.message) ? undefined : deaf(scene, asked)) ??
    stuck(scene, onward(answers.expected, 0))
  );
}

/** It is not for this namespace, by what the kernel says. */
function notLocal(scene: Scene, asked: Asked): Cause | undefined {
  const { netns, in: dev, packet } = asked;
  const { source, destination } = packet;
  const lookup = scene.routing(asked);
  if (!lookup || lookup.answer.startsWith("local ")) return undefined;
  const martian = holdsItself(scene, netns, source);
  if (martian) return martian;
  if (scene.addresses(netns).includes(destination)) {
    return {
      key: `refuses ${netns} ${lookup.complaint}`,
      netns,
      dev,
      text: `${netns} refuses the packet although it is for it (${lookup.complaint || lookup.answer})`,
      evidence: [lookupText(lookup)],
      covers: (section) => section.kind === "delivered" && section.netns === netns,
    };
  }
  return addressProblem(scene, { netns, dev }, destination);
}

/** Nobody in the namespace takes it in, or says a word: echoes are ignored, no server listens, or it hangs. */
function deaf(scene: Scene, asked: Asked): Cause | undefined {
  const { netns, packet } = asked;
  const { protocol } = packet;
  // Of TCP the kernel answers for a server that hangs.
  if (protocol === "tcp") return nobodyListens(scene, asked);
  if (protocol === "udp") return nobodyListens(scene, asked) ?? (scene.kernel(netns) && serverSilent(scene, asked));
  if (scene.kernel(netns)?.settings.icmp_echo_ignore_all !== "1") return undefined;
  return {
    key: `echo ${netns}`,
    netns,
    text: `${netns} answers no echo requests (net.ipv4.icmp_echo_ignore_all is 1)`,
    evidence: [`${netns}: net.ipv4.icmp_echo_ignore_all = 1`],
    covers: (section) => section.kind === "delivered" && section.netns === netns && section.packet.protocol === "icmp",
  };
}

export function nobodyListens(scene: Scene, { netns, packet }: Asked): Cause | undefined {
  const { protocol, destinationPort: port } = packet;
  const kernel = scene.kernel(netns);
  if (!kernel || kernel.listening.includes(`${protocol} ${port}`)) return undefined;
  return {
    key: `port ${netns} ${port}`,
    netns,
    text: `nobody listens on ${protocol.toUpperCase()} port ${port} in ${netns}`,
    evidence: [`${netns}: listening: ${kernel.listening.join(", ") || "nobody"}`, ...scene.containersOf(netns)],
    covers: deliveredTo(netns, port),
  };
}

export function somebodyListens(scene: Scene, { netns, packet }: Asked): Cause | undefined {
  const { protocol, destinationPort: port } = packet;
  const kernel = scene.kernel(netns);
  if (!kernel?.listening.includes(`${protocol} ${port}`)) return undefined;
  return {
    key: `port ${netns} ${port}`,
    netns,
    text: `somebody listens on ${protocol.toUpperCase()} port ${port} in ${netns}, where nobody should`,
    evidence: [`${netns}: listening: ${kernel.listening.join(", ")}`, ...scene.containersOf(netns)],
    covers: deliveredTo(netns, port),
  };
}

/** The server was asked, and says nothing. */
export function serverSilent(scene: Scene, { netns, packet: { destinationPort: port } }: Asked): Cause {
  return {
    key: `server ${netns} ${port}`,
    netns,
    text: `the server on port ${port} in ${netns} takes what it is asked, but does not answer`,
    evidence: scene.containersOf(netns),
    covers: deliveredTo(netns, port),
  };
}
