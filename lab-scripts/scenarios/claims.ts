/** Claims of the usual kinds: what a check saw, what a command says, what stays the same. */
import type { Result } from "../../infra/expect/check.ts";
import { resultText } from "../report/report.ts";
import { causeText, differenceIn, headerText } from "../trace/text.ts";
import type { Claim, Scene } from "./scenario.ts";

/** A check of the matrix saw just this; `id` as in the report, `tcp host01/web -> internet:80`. */
export function sees(says: string, id: string, wanted: Partial<Result>): Claim {
  return {
    says,
    differs({ report: { checks } }) {
      const observed = checks.find((one) => one.id === id)?.observed;
      if (!observed) return `nothing was probed by the name of ${id}`;
      const fields = Object.keys(wanted) as (keyof Result)[];
      if (fields.every((field) => String(observed[field]) === String(wanted[field]))) return undefined;
      const claimed = resultText({ outcome: observed.outcome, ...wanted });
      return `${id} saw ${resultText(observed)}, where ${claimed} was claimed`;
    },
  };
}

/** What a command says holds a text or matches. */
export function tells(says: string, where: string, command: string, wanted: string | RegExp): Claim {
  return said(says, where, command, wanted, false);
}

/** The same of a command that must fail. */
export function fails(says: string, where: string, command: string, wanted: string | RegExp): Claim {
  return said(says, where, command, wanted, true);
}

function said(says: string, where: string, command: string, wanted: string | RegExp, fail: boolean): Claim {
  return {
    says,
    async differs({ run, show }) {
      const { exitCode, text } = await run(where, command);
      const asked = `${where}$ ${command}`;
      const answer = text === "" ? "nothing" : oneLine(text);
      if (fail !== exitCode > 0) return `${asked} ended with exit code ${exitCode}: ${answer}`;
      const holds = typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
      if (!holds) return `${asked} said ${answer}, where ${wanted} was claimed`;
      show(`${asked}: ${answer}`);
      return undefined;
    },
  };
}

/** Several places say the same. */
export function agree(says: string, command: string, places: readonly string[]): Claim {
  return {
    says,
    async differs({ run, show }) {
      const answers = await Promise.all(places.map(async (where) => (await run(where, command)).text));
      const at = answers.findIndex((text) => text !== answers[0]);
      if (at >= 0) return `${places[0]} says ${oneLine(answers[0]!)}, ${places[at]} says ${oneLine(answers[at]!)}`;
      show(`${places.join(" and ")}$ ${command}: ${oneLine(answers[0]!)}`);
      return undefined;
    },
  };
}

/** A command says after the fault, or after its healing, what it said before. */
export function stays(says: string, where: string, command: string): Claim {
  const ask = async ({ run }: Pick<Scene, "run">) => (await run(where, command)).text;
  return {
    says,
    before: ask,
    async differs(scene, before) {
      const now = await ask(scene);
      if (now !== before) return `${where}$ ${command} said ${oneLine(before)} before, ${oneLine(now)} now`;
      scene.show(`${where}$ ${command}: ${oneLine(now)}, as before`);
      return undefined;
    },
  };
}

const MOST = 160;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > MOST ? `${line.slice(0, MOST)} …` : line;
}

/** A packet's path from a pod to another pod or a node, and its answer's back, are the model's, interface by interface. */
export function goesAsModelled(says: string, from: string, to: string): Claim {
  return {
    says,
    async differs({ show, walk }) {
      const trace = await walk(from, to);
      for (const [at, step] of trace.question.steps.entries()) {
        if (step.at === undefined) continue;
        const { netns, interface: dev, direction } = step;
        show(`${at + 1}. ${netns} ${dev} ${direction}: ${headerText(step)}`);
      }
      if (trace.asModelled) return undefined;
      return [differenceIn(trace), causeText(trace)].filter(Boolean).join(": ");
    },
  };
}
