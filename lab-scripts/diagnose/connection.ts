/** A TCP connection that was made, and then? What became of the question and the answer on it. */
import { resultsExpected } from "../../infra/expect/check.ts";
import type { Cause } from "./cause.ts";
import { compare, type Leg, type Parting } from "./compare.ts";
import { diverted } from "./diverted.ts";
import { filtered } from "./filter.ts";
import type { Scene } from "./scene.ts";
import { deliveredTo, onward } from "./section.ts";
import type { Trial } from "./shot.ts";
import { type Asked, serverSilent } from "./unanswered.ts";

/** Where the data took another path than the handshake, or the end of the answer. */
export function dataParting(scene: Scene, { walk }: Trial, shot: number): Parting | undefined {
  const leg = (name: Leg["name"], of: "data" | "end"): Leg => {
    const modelled = name === "question" ? walk.forward : walk.reply;
    const carried = scene.path(shot, name, modelled, [of === "data" ? "data" : "fin"]);
    return {
      name,
      of,
      expected: modelled.map((hop) => ({ ...hop, message: "data" })),
      // A short answer may be in the packet that ends it.
      seen: of === "data" && carried.length === 0 ? scene.path(shot, name, modelled, ["fin"]) : carried,
    };
  };
  const end = leg("answer", "end");
  return (
    compare(leg("question", "data")) ??
    compare(leg("answer", "data")) ??
    (end.seen.length > 0 ? compare(end) : undefined)
  );
}

/** Whether the server ended its answer: repeated, the probe did well. */
export function wasFinished(scene: Scene, { walk }: Trial, shot: number): boolean {
  return scene.path(shot, "answer", walk.reply, ["fin"]).length > 0;
}

/** The question came to the server, and no answer left its namespace. */
export function withoutAnswer(scene: Scene, asked: Asked, answers: Leg): Cause {
  return filtered(scene, onward(answers.expected, 0)) ?? serverSilent(scene, asked);
}

/** Everything took its path, but it is another server that answers: a rule at the target, or the target itself. */
export function anotherServer(scene: Scene, { check }: Trial, asked: Asked): Cause | undefined {
  const { identity } = check.observed;
  const { netns, packet } = asked;
  const { destinationPort: port } = packet;
  const due = resultsExpected(check.expectation).some((one) => one.identity === identity);
  if (identity === undefined || due) return undefined;
  return (
    diverted(scene, asked, `, so ${identity} answers`) ?? {
      key: `server ${netns} ${port} ${identity}`,
      netns,
      text: `${identity} answers on port ${port} there`,
      evidence: scene.containersOf(netns),
      covers: deliveredTo(netns, port),
    }
  );
}
