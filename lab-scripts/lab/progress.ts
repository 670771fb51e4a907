/** What a person wants to see while Pulumi works: what was made, how long it took, and what was found to be wrong. */
import type { Step, StepKind } from "./events.ts";

const VERBS: Readonly<Record<StepKind, string>> = {
  created: "made",
  updated: "changed",
  deleted: "removed",
  replaced: "replaced",
  failed: "FAILED",
};

export interface Progress {
  step(step: Step): void;
  warning(name: string, message: string): void;
  end(): void;
}

/** On a terminal one line that changes; elsewhere (CI) a line a resource. */
export function progress(out: NodeJS.WriteStream = process.stderr): Progress {
  let done = 0;
  const clear = () => (out.isTTY && done > 0 ? "\r\x1b[K" : "");
  return {
    step({ name, what, durationMs }) {
      done += 1;
      const text = `${VERBS[what]} ${name} (${(durationMs / 1000).toFixed(1)}s)`;
      if (out.isTTY && what !== "failed") out.write(`\r\x1b[K  ${done} ${text}`);
      else out.write(`${clear()}  ${text}\n`);
    },
    warning(name, message) {
      for (const line of message.split("\n")) out.write(`${clear()}  ${name === "" ? "" : `${name}: `}${line}\n`);
    },
    end() {
      out.write(clear());
    },
  };
}
