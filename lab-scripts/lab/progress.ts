/** From Pulumi's event lines to what a person wants to see: what was made, and how long it took. */
const EVENT =
  /^ *(?<op>[+~-]+) +(?<type>[\w-]+(?::[\w/-]+)*:\w+) (?<name>\S+) (?<what>created|updated|deleted|replaced|\*\*\w+ failed\*\*)(?: \((?<time>[^)]*)\))?/;

const VERBS: Record<string, string> = { created: "made", updated: "changed", deleted: "removed", replaced: "replaced" };

export interface Progress {
  line(line: string): void;
  end(): void;
}

/** On a terminal one line that changes; elsewhere (CI) a line a resource. */
export function progress(out: NodeJS.WriteStream = process.stderr): Progress {
  let done = 0;
  return {
    line(line) {
      const event = EVENT.exec(line)?.groups;
      // Components are made in no time: they only group.
      if (!event || event.type!.startsWith("podlab:") || event.type!.startsWith("pulumi:")) return;
      done += 1;
      const verb = VERBS[event.what!] ?? "FAILED";
      const text = `  ${verb} ${event.name}${event.time ? ` (${event.time})` : ""}`;
      if (out.isTTY && verb !== "FAILED") out.write(`\r\x1b[K  ${done} ${text.trim()}`);
      else out.write(`${text}\n`);
    },
    end() {
      if (out.isTTY && done > 0) out.write("\r\x1b[K");
    },
  };
}
