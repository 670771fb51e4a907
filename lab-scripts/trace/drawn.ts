/** From a trace's steps to what a sequence drawing shows: lifelines, arrows between them, notes beside them. */
import { otherwiseIn } from "./text.ts";
import type { Header, Step, Trace } from "./trace.ts";

export interface Drawing {
  /** Namespaces, in the order in which the packet came to them. */
  readonly lanes: readonly string[];
  readonly rows: readonly Drawn[];
}

export type Drawn = {
  readonly model: Step["model"];
  /** On the way back. */
  readonly back: boolean;
} & (
  | {
      readonly kind: "arrow";
      readonly from: number;
      readonly to: number;
      readonly out: string;
      readonly in: string;
      readonly label: readonly (readonly Words[])[];
      /** Around another packet. */
      readonly outer: boolean;
      /** It left, and never came to where it should. */
      readonly lost: boolean;
    }
  | {
      readonly kind: "note";
      readonly at: number;
      readonly lines: readonly string[];
      /** Here it was seen last. */
      readonly lost: boolean;
    }
);

export interface Words {
  readonly text: string;
  /** Otherwise than on the arrow before. */
  readonly changed: boolean;
}

export function drawn({ question, answer }: Trace, reply: boolean): Drawing {
  const legs = reply ? [question, answer] : [question];
  const lanes = [...new Set(legs.flatMap(({ steps }) => steps.map(({ netns }) => netns)))];
  const rows = legs.flatMap(({ steps }, back) => rowsOf(steps, lanes, back > 0));
  return { lanes, rows };
}

function rowsOf(steps: readonly Step[], lanes: readonly string[], back: boolean): Drawn[] {
  const rows: Drawn[] = [];
  const note = ({ netns, model }: Step, lines: readonly string[], lost = false) => {
    if (lines.length > 0) rows.push({ kind: "note", at: lanes.indexOf(netns), model, back, lines, lost });
  };
  let before: Step | undefined;
  for (const [at, step] of steps.entries()) {
    const next = steps[at + 1];
    const crossed = before?.direction === "out" && step.direction === "in" && before.netns !== step.netns;
    if (crossed && before) {
      rows.push(arrow(before, step, lanes, back, steps[at - 2]));
      note(step, doneIn(step));
    } else if (step.direction === "out" && next?.direction === "in" && next.netns !== step.netns) {
      note(step, doneIn(step)); // the arrow follows
    } else {
      note(step, [
        `${step.interface} ${step.direction}: ${step.source} > ${step.destination} TTL ${step.ttl}`,
        ...doneIn(step),
      ]);
    }
    if (step.model !== "unseen" && next?.model === "unseen" && next.netns === step.netns)
      note(step, ["seen here last"], true);
    before = step;
  }
  return rows;
}

/** From one namespace to the next. Of what left and was not seen again, the place where it should have come is drawn, too. */
function arrow(out: Step, into: Step, lanes: readonly string[], back: boolean, before: Step | undefined): Drawn {
  const lost = out.model !== "unseen" && into.model === "unseen";
  return {
    kind: "arrow",
    from: lanes.indexOf(out.netns),
    to: lanes.indexOf(into.netns),
    out: out.interface,
    in: into.interface,
    label: labels(out, before),
    outer: out.inside !== undefined,
    lost,
    model: lost || into.model === "same" ? out.model : into.model,
    back,
  };
}

const doneIn = (step: Step): readonly string[] => [...otherwiseIn(step), ...step.did];

function labels(step: Step, before: Step | undefined): Words[][] {
  const told = before !== undefined && step.model !== "unseen" && !before.inside && !step.inside;
  const word = (field: "source" | "destination") => ({
    text: step[field],
    changed: told && before[field] !== step[field],
  });
  const plain = (content: string) => ({ text: content, changed: false });
  const first = [word("source"), plain(" > "), word("destination"), plain(`${portOf(step)}  TTL ${step.ttl}`)];
  if (!step.inside) return [first];
  const { vxlan, source, destination, ttl } = step.inside;
  return [first, [plain(`VXLAN ${vxlan}: ${source} > ${destination}  TTL ${ttl}`)]];
}

function portOf({ protocol, destinationPort }: Header): string {
  return protocol === "icmp" || destinationPort === undefined ? "" : `:${destinationPort}`;
}
