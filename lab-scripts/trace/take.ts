/** Sends one marked packet while every interface of every namespace of the lab is captured on, and says which path it took. */

import { describeLoss } from "../../infra/packet/describe.ts";
import type { Hop } from "../../infra/packet/hop.ts";
import { Network } from "../../infra/packet/network.ts";
import { DEFAULT_SIZE } from "../../infra/packet/packet.ts";
import { type Probe, type Walk, walks } from "../../infra/packet/walk.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";
import { type CaptureOptions, capture } from "../diagnose/capture.ts";
import type { NodeEvents, Role, Sighting } from "../diagnose/events.ts";
import { explain } from "../diagnose/explain.ts";
import { Scene } from "../diagnose/scene.ts";
import { type Shot, shooter, type Trial } from "../diagnose/shot.ts";
import { EXIT, Failure } from "../exit.ts";
import { given } from "../given.ts";
import { dockerExec } from "../verify/nodeProgram.ts";
import { type Passed, passedBy, stepsOf } from "./leg.ts";
import type { Question } from "./question.ts";
import { type Leg, type Legs, type Trace, WALK_SCHEMA, type Why } from "./trace.ts";

export interface Taken {
  readonly trace: Trace;
  /** All that was seen, for a capture file. */
  readonly scene: Scene;
}

export type TakeOptions = Partial<CaptureOptions>;

/** @throws Failure (exit code 2) when a node could not be captured in, or nothing can be sent: then nothing is known of a path */
export async function takeTrace(plan: LabPlan, question: Question, options: TakeOptions = {}): Promise<Taken> {
  const shot = shooter()(question.probe);
  const nodes = plan.nodes.map(({ name }) => name);
  const patience = patienceFor(walks(new Network(plan.netns), question.probe));
  const events = await capture(plan, nodes, [shot], {
    nodeExec: dockerExec,
    ready: READY_WITHIN,
    ...patience,
    ...options,
  });
  refuseBlindness(events, question.probe.from);
  const scene = new Scene(plan, events);
  return { trace: traceIn(scene, question, shot), scene };
}

/** What was captured, beside the model's path. */
export function traceIn(scene: Scene, question: Question, shot: Shot): Trace {
  const { plan, events } = scene;
  const { model, legs } = nearest(scene, question.probe, shot);
  const outcome = heardOf(scene, shot);
  const same = [...legs.question.steps, ...legs.answer.steps].every((step) => step.model === "same");
  const asModelled = same && outcome === model.outcome;
  const why = asModelled ? lossByModel(model) : whyOtherwise(scene, question, shot, model, outcome);
  return {
    schema: WALK_SCHEMA,
    lab: plan.lab,
    startedAt: new Date().toISOString(),
    asked: askedOf(question, shot),
    ...legs,
    outcome,
    modelled: model.outcome,
    asModelled,
    ...roundTrip(legs),
    ...(why ? { why } : {}),
    blind: events.flatMap(({ missing }) => missing.map(({ netns, why: reason }) => `${netns}: ${reason}`)),
  };
}

/** Seconds; a busy machine may need some. */
const READY_WITHIN = 15;

/** Seconds until a kernel says that nobody answers for an address: it asks three times, a second apart (arp(7), mcast_solicit). */
const UNREACHABLE_AFTER = 4;

function patienceFor(models: readonly Walk[]): { patience?: number } {
  const slow = models.some(({ dropped }) => dropped?.why.kind === "no-neighbour");
  return slow ? { patience: UNREACHABLE_AFTER } : {};
}

function refuseBlindness(events: readonly NodeEvents[], from: string): void {
  const troubles = events.flatMap(({ node, trouble, late }) =>
    trouble ? [trouble.reason] : late ? [`${node} did not capture within ${READY_WITHIN} s; try again`] : [],
  );
  const noSource = events.flatMap(({ missing }) => missing.filter(({ netns }) => netns === from));
  const reasons = [...troubles, ...noSource.map(({ netns, why }) => `nothing can be sent from ${netns}: ${why}`)];
  if (reasons.length > 0) throw new Failure(EXIT.notProved, reasons.join("\n"));
}

/** Where a rule spreads connections over endpoints any of them may be met: the model's path is the one most like the captured. */
function nearest(scene: Scene, probe: Probe, shot: Shot): { model: Walk; legs: Legs } {
  const models = walks(new Network(scene.plan.netns), { ...probe, once: true, clientPort: shot.sourcePort });
  const tried = models.map((model) => ({ model, legs: legsOf(scene, shot, model) }));
  const unlike = ({ legs }: (typeof tried)[number]) =>
    [...legs.question.steps, ...legs.answer.steps].filter((step) => step.model !== "same").length;
  return tried.reduce((best, one) => (unlike(one) < unlike(best) ? one : best));
}

function legsOf(scene: Scene, shot: Shot, model: Walk): Legs {
  const leg = (kind: Leg["kind"], seen: readonly Passed[], hops: readonly Hop[]): Leg => ({
    kind,
    steps: stepsOf(seen, hops, scene.plan),
  });
  const seen = (role: Role, hops: readonly Hop[]) => passedBy(scene, shot.shot, role, shot.protocol, hops);
  const question = leg("question", seen("question", model.forward), model.forward);
  const expected = model.reply[0]?.message === "error" ? "error" : "answer";
  const answers = seen("answer", model.reply);
  const errors = seen("error", model.reply);
  const kind = answers.length > 0 ? "answer" : errors.length > 0 ? "error" : expected;
  const arrived = question.steps.at(-1)?.model !== "unseen";
  // Of a question that did not arrive no answer is missing; and an error is not held against the answer's path.
  const hops = kind === expected && arrived ? model.reply : [];
  return { question, answer: leg(kind, kind === "error" ? errors : answers, hops) };
}

/** What the sender's socket got; of an ICMP error, what it means. */
function heardOf(scene: Scene, { shot, from }: Shot): Outcome {
  const all = <T extends { readonly shot: number }>(pick: (one: NodeEvents) => readonly T[]) =>
    scene.events.flatMap(pick).filter((one) => one.shot === shot);
  const refused = all(({ refused: list }) => list)[0];
  const heard = all(({ heard: list }) => list)[0];
  const arrived = (one: Sighting) => one.netns === from && one.direction === "in";
  const error = scene.all(shot, "error").find(arrived)?.error;
  return refused?.outcome ?? (heard?.outcome === "ok" ? "ok" : (error?.means ?? heard?.outcome ?? "timeout"));
}

function lossByModel(model: Walk): Why | undefined {
  const cause = describeLoss(model);
  return cause === "" ? undefined : { cause, evidence: [] };
}

function whyOtherwise(scene: Scene, question: Question, shot: Shot, model: Walk, outcome: Outcome): Why | undefined {
  const { probe, to } = question;
  const { from, to: address, protocol: kind, port } = probe;
  const expectation = {
    id: "walk",
    kind,
    from,
    to,
    address,
    ...given({ port }),
    expected: { outcome: model.outcome },
    origin: "model",
  } as const;
  const trial: Trial = {
    check: { expectation, observed: { outcome }, verdict: "fail", reason: "" },
    shots: [shot],
    walk: model,
  };
  const explained = explain(scene, trial);
  if (!explained) return undefined;
  const { cause, story, notes } = explained;
  return { story, cause: cause.text, evidence: [...cause.evidence, ...notes] };
}

function askedOf({ to, probe }: Question, { shot: _, ...shot }: Shot): Trace["asked"] {
  const { from, protocol, port, size = DEFAULT_SIZE[protocol], df = protocol === "tcp" } = probe;
  const mark = protocol === "tcp" ? `sequence number ${shot.isn}` : shot.mark;
  return { from, to, address: probe.to, protocol, ...given({ port }), size, df, mark };
}

function roundTrip({ question, answer }: Legs): { roundTripMs?: number } {
  const times = (leg: Leg) => leg.steps.flatMap(({ at }) => (at === undefined ? [] : BigInt(at)));
  const [first] = times(question);
  const last = times(answer).at(-1);
  return first === undefined || last === undefined ? {} : { roundTripMs: Number(last - first) / 1e6 };
}
