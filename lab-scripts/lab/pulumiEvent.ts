/** Pulumi's lines of what it did, as data. */
import type { Provisioning } from "../verify/report/report.ts";

const LINE =
  /^ *[+~-]+ +(?<type>[\w-]+(?::[\w/-]+)*:\w+) (?<name>\S+) (?<what>created|updated|deleted|replaced|\*\*\w+ failed\*\*)(?: \((?<time>[^)]*)\))?(?<rest>.*)/;

export interface PulumiEvent {
  readonly name: string;
  readonly what: "created" | "updated" | "deleted" | "replaced" | "failed";
  /** As Pulumi writes it: `0.5s`, `1m2s`. */
  readonly time?: string;
  /** Why it failed. */
  readonly error?: string;
}

/** Undefined for other lines, and for components, which are made in no time: they only group. */
export function pulumiEvent(line: string): PulumiEvent | undefined {
  const found = LINE.exec(line)?.groups;
  if (!found || /^(podlab|pulumi):/.test(found.type!)) return undefined;
  const what = found.what!.startsWith("**") ? "failed" : (found.what as PulumiEvent["what"]);
  return {
    name: found.name!,
    what,
    ...(found.time ? { time: found.time } : {}),
    ...(what === "failed" ? { error: found.rest!.replace(/^ *(error: )?/, "").trim() || "failed" } : {}),
  };
}

/** How a lab was made, by all that Pulumi said; the verification, which it also runs, is no part of that. */
export function provisioningOf(output: string, durationMs: number): Provisioning {
  const events = output.split("\n").flatMap((line) => pulumiEvent(line) ?? []);
  const steps = events
    .filter(({ name }) => name !== "verification")
    .map(({ name, time, error }) => ({
      name,
      durationMs: milliseconds(time ?? "0s"),
      ...(error === undefined ? {} : { error }),
    }));
  return { durationMs, steps };
}

/** `1m2s`, `0.5s` or `3s` (Go's time.Duration). */
function milliseconds(time: string): number {
  const [, minutes = "0", seconds = "0"] = /^(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(time) ?? [];
  return Math.round((Number(minutes) * 60 + Number(seconds)) * 1000);
}
