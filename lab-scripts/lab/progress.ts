/** From Pulumi's event lines to what a person wants to see: what was made, and how long it took. */
import { type PulumiEvent, pulumiEvent } from "./pulumiEvent.ts";

const VERBS: Readonly<Record<PulumiEvent["what"], string>> = {
  created: "made",
  updated: "changed",
  deleted: "removed",
  replaced: "replaced",
  failed: "FAILED",
};

export interface Progress {
  line(line: string): void;
  end(): void;
}

/** On a terminal one line that changes; elsewhere (CI) a line a resource. */
export function progress(out: NodeJS.WriteStream = process.stderr): Progress {
  let done = 0;
  return {
    line(line) {
      const event = pulumiEvent(line);
      if (!event) return;
      done += 1;
      const text = `  ${VERBS[event.what]} ${event.name}${event.time ? ` (${event.time})` : ""}`;
      if (out.isTTY && event.what !== "failed") out.write(`\r\x1b[K  ${done} ${text.trim()}`);
      else out.write(`${text}\n`);
    },
    end() {
      if (out.isTTY && done > 0) out.write("\r\x1b[K");
    },
  };
}
