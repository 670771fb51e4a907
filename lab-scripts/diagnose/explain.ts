/** From what was seen of one repeated probe to where it ended and why. */
import type { Walk } from "../../infra/packet/walk.ts";
import { altered, beyond, elsewhere } from "./altered.ts";
import { type Cause, placeText } from "./cause.ts";
import { compare, type Leg, type Parting } from "./compare.ts";
import { anotherServer, dataParting, wasFinished, withoutAnswer } from "./connection.ts";
import { diverted } from "./diverted.ts";
import { bridgeOf } from "./ends.ts";
import type { Sighting } from "./events.ts";
import { filtered } from "./filter.ts";
import { staleFlow } from "./flow.ts";
import { lostOnLink } from "./link.ts";
import { missingRule, natPassed } from "./planned.ts";
import type { Scene } from "./scene.ts";
import { type Held, headerOf, onward, portOf, routed } from "./section.ts";
import { withSequel } from "./sequel.ts";
import type { Trial } from "./shot.ts";
import { stuck } from "./stuck.ts";
import { notUnwrapped, tunnelEntry } from "./tunnel.ts";
import { type Asked, nobodyListens, serverSilent, somebodyListens, unanswered } from "./unanswered.ts";

export interface Explained {
  readonly cause: Cause;
  /** Where the packet was last seen: `left host01 eth0, arrived at router (host01-net), never left it`. */
  readonly story: string;
  /** What was seen of the other shots of the probe, when they fared otherwise. */
  readonly notes: readonly string[];
}

/** Undefined when every packet went as the model says, and nothing of what was read tells why the probe failed. */
export function explain(scene: Scene, trial: Trial): Explained | undefined {
  const found = trial.shots.map(({ shot }) => explainShot(scene, trial, shot));
  const first = found.find((one) => one !== undefined);
  if (!first) return undefined;
  const failed = found.filter((one) => one !== undefined).length;
  const notes =
    failed < found.length ? [`${failed} of ${found.length} repeated probes fared so; the others took their path`] : [];
  const { words } =
    scene.events.flatMap(({ refused }) => refused).find(({ shot }) => shot === trial.shots[0]!.shot) ?? {};
  if (words) notes.push(`${trial.check.expectation.from}: its own kernel refused to send: ${words}`);
  return { ...first, notes };
}

/** What the model says that is seen of a packet, beside what was. */
function legsOf(scene: Scene, { shots }: Trial, walk: Walk, shot: number): { question: Leg; answer: Leg } {
  const opening = shots[0]!.protocol === "tcp" ? ["syn"] : undefined;
  const question: Leg = {
    name: "question",
    expected: walk.forward,
    seen: scene.path(shot, "question", walk.forward, opening),
  };
  const told = walk.reply[0]?.message === "error";
  const opened = shots[0]!.protocol === "tcp" ? ["syn-ack", "rst"] : undefined;
  const answer: Leg = {
    name: "answer",
    expected: walk.reply,
    seen: scene.path(shot, told ? "error" : "answer", walk.reply, told ? undefined : opened),
  };
  return { question, answer };
}

/** Of the paths that chance may have sent a packet the one that it followed longest, be it with another header in the end. */
function followed(scene: Scene, trial: Trial, shot: number): Walk {
  const paths = (trial.walks ?? [trial.walk]).map((walk) => {
    const { question, answer } = legsOf(scene, trial, walk, shot);
    const parting = compare(question) ?? compare(answer);
    const hops = parting && parting.at + (parting.leg === answer ? question.expected.length : 0);
    return {
      walk,
      hops: hops === undefined ? Number.POSITIVE_INFINITY : hops + (parting!.kind === "altered" ? 0.5 : 0),
    };
  });
  return paths.reduce((best, one) => (one.hops > best.hops ? one : best)).walk;
}

function explainShot(scene: Scene, tried: Trial, shot: number): Omit<Explained, "notes"> | undefined {
  const walk = followed(scene, tried, shot);
  const trial = { ...tried, walk };
  const { check } = trial;
  const { question, answer } = legsOf(scene, trial, walk, shot);
  const connected = check.observed.detail?.startsWith("connected");
  const parting = compare(question) ?? compare(answer) ?? (connected ? dataParting(scene, trial, shot) : undefined);
  // What a node on the way did not tell may have happened all the same.
  const hops = [...question.expected, ...answer.expected];
  const until = parting && parting.leg.name === "question" ? parting.at + 1 : hops.length;
  if (hops.slice(0, until).some(({ netns }) => !scene.hears(netns))) return undefined;
  if (parting) {
    const cause = withSequel(scene, causeOf(scene, trial, parting), parting, shot);
    return { cause, story: storyOf(scene, trial, parting) };
  }
  const asked = askedOf(trial);
  const last = walk.reply.at(-1);
  const unheard =
    last && filtered(scene, { netns: last.netns, kind: "delivered", packet: headerOf(last), in: last.interface });
  if (unheard && last) {
    return {
      cause: unheard,
      story: `the answer came back to ${placeText(scene.plan, last.netns, last.interface)} and was not taken in`,
    };
  }
  const stale = staleFlow(scene, trial);
  if (stale) return { cause: stale, story: "" };
  const there = asked && `arrived at ${placeText(scene.plan, asked.netns, asked.in)}`;
  if (asked && connected && !wasFinished(scene, trial, shot))
    return { cause: serverSilent(scene, asked), story: `${there}` };
  const other = asked && anotherServer(scene, trial, asked);
  return other && { cause: other, story: `${there}` };
}

function causeOf(scene: Scene, trial: Trial, parting: Parting): Cause {
  const { leg, at } = parting;
  const decider = parting.kind === "ended" || leg.name === "answer" ? undefined : deciderOf(scene, trial, parting);
  const ofRules = decider && (missingRule(scene, decider) ?? passedNat(scene, decider, parting));
  if (ofRules) return ofRules;
  const entry = leg.expected[at] && tunnelEntry(scene, leg.expected[at], leg.expected[at - 1]);
  if (entry) return entry;
  switch (parting.kind) {
    case "altered":
      return (
        (parting.field === "message" ? otherAnswer(scene, trial, parting.seen) : undefined) ?? altered(scene, parting)
      );
    case "elsewhere":
      return answeredElsewhere(scene, trial, parting) ?? elsewhere(scene, parting);
    case "beyond":
      return beyond(parting, trial.walk);
    case "ended": {
      const hop = leg.expected[at]!;
      const before = leg.expected[at - 1];
      if (hop.direction === "in" && before?.direction === "out" && hop.interface !== "lo") {
        return lostOnLink(scene, before, hop, leg.seen[at - 1]!);
      }
      if (hop.direction === "in" && before?.direction === "in") return notUnwrapped(scene, before, hop);
      const asked = leg.name === "answer" && at === 0 ? askedOf(trial) : undefined;
      if (asked && leg.of === "data") return withoutAnswer(scene, asked, leg);
      return asked ? unanswered(scene, asked, leg) : stuck(scene, onward(leg.expected, at));
    }
  }
}

function passedNat(scene: Scene, decider: Held, { leg, at, ...parting }: Parting): Cause | undefined {
  const field = parting.kind === "altered" ? parting.field : undefined;
  const isDue = leg.expected[at]?.did.some((step) => step.kind === "nat" && step.changed === field);
  return field && isDue ? natPassed(scene, decider, field) : undefined;
}

/** Where it was decided what became of the question before it parted: by a namespace, or by the bridge between two. */
function deciderOf(scene: Scene, { walk, shots }: Trial, { leg, at }: Parting): Held | undefined {
  const hop = leg.expected[at];
  const before = leg.expected[at - 1];
  if (hop?.direction === "out") {
    const held = onward(leg.expected, at);
    const { address, port } = shots[0]!;
    return { ...held, arrived: held.arrived ?? { ...held.packet, destination: address, destinationPort: port } };
  }
  if (!before) return undefined;
  if (!hop) return walk.dropped && { netns: walk.dropped.netns, kind: "through", packet: before, in: before.interface };
  const bridge = bridgeOf(scene, portOf(hop));
  if (!bridge || !scene.netns(bridge.netns).bridgeNetfilter) return undefined;
  return {
    netns: bridge.netns,
    kind: "through",
    arrived: headerOf(before),
    packet: routed(before, hop),
    in: bridge.dev,
    out: bridge.dev,
  };
}

/** A RST where an answer was due, or an answer where a RST was: by the target, or by a rule on the way. */
function otherAnswer(scene: Scene, trial: Trial, { netns, message }: Sighting): Cause | undefined {
  const asked = askedOf(trial);
  if (!asked) return undefined;
  const rewritten = diverted(scene, { ...asked, netns });
  if (message !== "rst") return rewritten ?? somebodyListens(scene, { ...asked, netns });
  return (
    filtered(scene, { ...asked, netns, kind: netns === asked.netns ? "delivered" : "through" }) ??
    rewritten ??
    nobodyListens(scene, { ...asked, netns })
  );
}

/** An answer that began in another namespace than the target: a rule on the way made it. */
function answeredElsewhere(
  scene: Scene,
  trial: Trial,
  { leg, at, seen }: Parting & { kind: "elsewhere" },
): Cause | undefined {
  if (leg.name !== "answer" || at !== 0 || seen.message !== "rst") return undefined;
  return otherAnswer(scene, trial, seen);
}

/** The question as it should come to its target. */
function askedOf({ walk }: Trial): Asked | undefined {
  const last = walk.forward.at(-1);
  if (last?.direction !== "in") return undefined;
  return { netns: last.netns, kind: "delivered", packet: headerOf(last), in: last.interface };
}

function storyOf(scene: Scene, trial: Trial, parting: Parting): string {
  const { leg, at } = parting;
  const place = (hop: { netns: string; interface: string } | undefined) =>
    hop ? placeText(scene.plan, hop.netns, hop.interface) : "";
  const subject = leg.of === "end" ? "the end of the answer " : leg.name === "answer" ? "the answer " : "";
  const what = leg.of === undefined ? subject : `connected, then ${subject || "the question "}`;
  const hop = leg.expected[at];
  const before = leg.expected[at - 1];
  const earlier = leg.expected[at - 2];
  if (parting.kind !== "ended") {
    const seen = placeText(scene.plan, parting.seen.netns, parting.seen.dev);
    const arrived = parting.seen.direction === "in" ? "arrived at" : "left";
    if (parting.kind === "altered") {
      const as = parting.field === "message" ? "as" : `with ${parting.field}`;
      return `${what}${arrived} ${seen} ${as} ${parting.seen[parting.field]} instead of ${hop![parting.field]}`;
    }
    return `${what}${arrived} ${seen}${hop ? ` instead of ${place(hop)}` : ""}`;
  }
  if (hop!.direction === "in" && before?.direction === "in")
    return `${what}arrived at ${place(before)}, never came out of the tunnel at ${place(hop)}`;
  if (hop!.direction === "in") return `${what}left ${place(before)}, never arrived at ${place(hop)}`;
  if (before) {
    const left = earlier && earlier.netns !== before.netns ? `left ${place(earlier)}, ` : "";
    return `${what}${left}arrived at ${place(before)}, never left it`;
  }
  if (leg.name === "answer") {
    const last = trial.walk.forward.at(-1);
    return `${leg.of === undefined ? "" : "connected, then the question "}arrived at ${place(last)}, no answer left it`;
  }
  return `never left ${hop!.netns}`;
}
