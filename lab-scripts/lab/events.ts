/** What Pulumi's engine does, event by event (https://www.pulumi.com/docs/iac/automation-api/): steps, warnings and errors. */
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation/index.js";
import { printable } from "../../infra/machine/told.ts";
import type { Provisioning, ProvisioningStep } from "../report/schema.ts";
import { NOT_AS_PLANNED } from "./notBuilt.ts";

type StepKind = "created" | "updated" | "deleted" | "replaced" | "failed";

export interface Step {
  readonly name: string;
  readonly what: StepKind;
  readonly durationMs: number;
}

interface Listeners {
  readonly step: (step: Step) => void;
  readonly warning: (name: string, message: string) => void;
}

const KINDS: Partial<Record<OpType, StepKind>> = {
  create: "created",
  update: "updated",
  delete: "deleted",
  "create-replacement": "replaced",
};

export class Events {
  readonly #listeners: Listeners;
  readonly #began = performance.now();
  readonly #startedAt = new Map<string, number>();
  readonly #steps: ProvisioningStep[] = [];
  readonly #errors = new Map<string, Set<string>>();

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
  }

  readonly hear = ({ resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent }: EngineEvent): void => {
    if (resourcePreEvent) this.#startedAt.set(keyOf(resourcePreEvent.metadata), performance.now());
    if (resOutputsEvent) this.#done(resOutputsEvent.metadata, KINDS[resOutputsEvent.metadata.op]);
    if (resOpFailedEvent) this.#done(resOpFailedEvent.metadata, "failed");
    if (diagnosticEvent) this.#said(diagnosticEvent);
  };

  /** What was said of each resource that could not be made, in the order in which it was said. */
  errors(): string {
    const all = [...this.#errors].map(([name, messages]) => [name, [...messages].join("\n")] as const);
    return all.map(([name, text]) => (name === "" ? text : `${name}: ${text}`)).join("\n");
  }

  /** How the lab was made. The verification, which Pulumi also runs, is no part of that. */
  provisioning(): Provisioning {
    return { durationMs: Math.round(performance.now() - this.#began), steps: this.#steps };
  }

  #done({ op, urn, type }: Metadata, what: StepKind | undefined): void {
    // Components only group, and are made in no time; a refresh changes nothing.
    if (what === undefined || op === "refresh" || /^(podlab|pulumi):/.test(type)) return;
    const name = nameIn(urn);
    const durationMs = Math.round(performance.now() - (this.#startedAt.get(keyOf({ op, urn })) ?? performance.now()));
    this.#listeners.step({ name, what, durationMs });
    if (name === "verification") return;
    const error = [...(this.#errors.get(name) ?? [])].at(-1) ?? "failed";
    this.#steps.push({ name, durationMs, ...(what === "failed" ? { error } : {}) });
  }

  #said({ urn = "", severity, message, ephemeral }: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    if (ephemeral) {
      const told = TOLD.exec(message)?.[1];
      if (told && told !== NOT_AS_PLANNED) this.#listeners.warning(nameIn(urn), told);
      return;
    }
    // What is about the run as a whole comes with the stack's URN, or with none.
    const name = urn.includes("pulumi:pulumi:Stack::") ? "" : nameIn(urn);
    const text = printable(message.trim().replace(SCRIPT, ""), "\n");
    if (severity === "warning") this.#listeners.warning(name, text);
    if (severity !== "error" || text === "update failed") return;
    this.#errors.set(name, (this.#errors.get(name) ?? new Set()).add(text));
  }
}

/** What a podlab that Pulumi runs has to say at once; all that is said at the end comes once more then. */
const TOLD = /^podlab: (.*)/;

/** How a Command that failed begins its message: its whole script, before what that said. */
const SCRIPT = /^exit status \d+: running "(?:[^"\\]|\\.)*":\n(?=\S)/;

type Metadata = Pick<NonNullable<EngineEvent["resOutputsEvent"]>["metadata"], "op" | "urn" | "type">;

const keyOf = ({ op, urn }: Pick<Metadata, "op" | "urn">): string => `${op} ${urn}`;
const nameIn = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

const VERBS: Readonly<Record<StepKind, string>> = {
  created: "made",
  updated: "changed",
  deleted: "removed",
  replaced: "replaced",
  failed: "FAILED",
};

export interface Progress extends Listeners {
  readonly end: () => void;
}

/** On a terminal one line that changes; elsewhere (CI) a line a resource. */
export function progress(): Progress {
  const out = process.stderr;
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
