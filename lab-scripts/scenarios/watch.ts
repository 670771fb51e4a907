/** Asks one address every 50 ms while something happens to the lab: how long was it silent? */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { sourcesOf, targetNamed } from "../../infra/expect/endpoints.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { EXIT, Failure } from "../exit.ts";
import { amount } from "../report/amounts.ts";
import type { Watched } from "./scenario.ts";

/** Runs in the node. */
const SCRIPT = readFileSync(new URL("watch.sh", import.meta.url), "utf8");
/** As it asks. */
const INTERVAL_MS = 50;
const PATIENCE_MS = 5_000;
/** A routing protocol notices a silent neighbour when its hold time is over, and the machine may be busy. */
const WITHDRAWAL_MS = 15_000;

/** An answer, or a server's that did not come. */
export interface Answer {
  /** Milliseconds on performance.now()'s clock. */
  readonly at: number;
  /** Of an echo: which request. Its gaps tell what was lost. */
  readonly sequence?: number;
  readonly missed?: boolean;
  /** A node on the way said that it has no route (ICMP net unreachable). */
  readonly noRoute?: boolean;
}

/** What a watch found. */
export type Gap =
  | {
      /** Across something that passes by itself. */
      readonly across: "fault";
      /** Longest time without an answer, beyond the interval. */
      readonly silentMs: number;
      readonly lost: number;
    }
  | {
      readonly across: "healing";
      /** From its begin to the first answer. */
      readonly backAfterMs: number;
      /** From the fault's begin to the first word that there is no route any more. */
      readonly withdrawnAfterMs?: number;
    };

export class Watch {
  readonly #answers: Answer[] = [];
  readonly #child;
  #told = "";
  #begun = false;

  private constructor(args: readonly string[]) {
    this.#child = spawn("docker", args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {});
    this.#child.stderr.on("data", (text) => {
      this.#told += text;
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#begun = true;
      const answer = answerIn(line, performance.now());
      if (answer) this.#answers.push(answer);
    });
  }

  /** Runs from now on; resolves once the first request is about to go. */
  static async begin(plan: LabPlan, watched: Watched): Promise<Watch> {
    const source = sourcesOf(plan).find(({ netns }) => netns === watched.from)!;
    const target = targetNamed(plan, source, watched.to)!;
    const node = plan.nodes.find(({ name }) => name === source.host)!;
    const pause = plan.pods.find(({ id }) => id === watched.from)?.pause ?? "";
    const variables = { PAUSE: pause, ADDRESS: target.address, PORT: watched.port ? String(watched.port) : "" };
    const env = Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    const watch = new Watch(["exec", "-i", ...env, node.container, "sh", "-c", SCRIPT]);
    await watch.#until(() => watch.#begun, `a watch in ${watched.from} did not begin`);
    return watch;
  }

  /** For what passes by itself: the target answers before it happens. @throws Failure (exit code 2) when it doesn't */
  async answered(): Promise<void> {
    await this.#until(() => this.#answers.some(came), "there was no answer to begin with");
  }

  /** Ends it: when did a node first say that it has no route? Times are performance.now()'s. */
  async withdrawn(brokenAt: number): Promise<number> {
    const first = () => this.#answers.find(({ at, noRoute }) => at >= brokenAt && noRoute);
    await this.#until(() => first() !== undefined, "no route was withdrawn", WITHDRAWAL_MS);
    await this.stop();
    return Math.round(first()!.at - brokenAt);
  }

  /** Ends it: how long was it silent? */
  async silence(): Promise<Gap> {
    await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
    await this.stop();
    return silenceIn(this.#answers);
  }

  /** Ends it: when did the first answer come after the healing had begun? Times are performance.now()'s. */
  async back(healedAt: number): Promise<Gap> {
    const first = () => this.#answers.find((one) => one.at >= healedAt && came(one));
    await this.#until(() => first() !== undefined, "no answer came back");
    await this.stop();
    return { across: "healing", backAfterMs: Math.round(first()!.at - healedAt) };
  }

  async #until(there: () => boolean, otherwise: string, patienceMs = PATIENCE_MS): Promise<void> {
    const until = performance.now() + patienceMs;
    while (!there()) {
      if (performance.now() > until) {
        await this.stop();
        const why = this.#told.trim() || "it says nothing";
        throw new Failure(EXIT.notProved, `${otherwise} within ${patienceMs / 1000} s: ${why}`);
      }
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS / 5));
    }
  }

  /** Ends it whatever it has seen; a second time does nothing. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }
}

const came = ({ missed, noRoute }: Answer): boolean => !missed && !noRoute;

/** `64 bytes from …: icmp_seq=7 ttl=61 …`, `From … icmp_seq=8 Destination Net Unreachable`, or `answered`. */
export function answerIn(line: string, at: number): Answer | undefined {
  const sequence = /bytes from .* icmp_seq=(\d+) /.exec(line)?.[1];
  if (sequence !== undefined) return { at, sequence: Number(sequence) };
  if (line === "missed") return { at, missed: true };
  if (line.endsWith("Destination Net Unreachable")) return { at, noRoute: true };
  return line === "answered" ? { at } : undefined;
}

/** The longest silence in a row of answers, and how many are missing. */
export function silenceIn(answers: readonly Answer[]): Gap & { readonly across: "fault" } {
  const heard = answers.filter(came);
  let silentMs = 0;
  let lost = answers.filter(({ missed }) => missed).length;
  for (const [number, { at, sequence }] of heard.entries()) {
    const before = heard[number - 1];
    if (!before) continue;
    silentMs = Math.max(silentMs, Math.round(at - before.at - INTERVAL_MS));
    if (sequence !== undefined) lost += Math.max(0, sequence - before.sequence! - 1);
  }
  return { across: "fault", silentMs, lost };
}

/** For people: `silent for 273 ms`, `withdrawn after 110 ms, back 640 ms after the healing began`. */
export function gapText(gap: Gap): string {
  if (gap.across === "healing") {
    const withdrawn = gap.withdrawnAfterMs === undefined ? "" : `withdrawn after ${amount(gap.withdrawnAfterMs)} ms, `;
    return `${withdrawn}back ${amount(gap.backAfterMs)} ms after the healing began`;
  }
  return gap.lost === 0 ? "no answer missing" : `silent for ${amount(gap.silentMs)} ms`;
}
