/** Asks one address every 50 ms while something happens to the lab: how long was it silent? */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { hostScript } from "../../infra/components/scripts.ts";
import { sourcesOf, targetNamed } from "../../infra/model/endpoints.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import type { Watched } from "./scenario.ts";

/** As lab-scripts/host/watch.sh asks. */
const INTERVAL_MS = 50;
const FIRST_ANSWER_MS = 5_000;

/** An answer, or a server's that did not come. */
export interface Answer {
  /** Milliseconds on performance.now()'s clock. */
  readonly at: number;
  /** Of an echo: which request. Its gaps tell what was lost. */
  readonly sequence?: number;
  readonly missed?: boolean;
}

export interface Gap {
  /** Longest time without an answer, beyond the interval. */
  readonly silentMs: number;
  /** Requests without an answer between the first and the last answered one. */
  readonly lost: number;
  /** From the healing's begin to the first answer after the silence; absent when nothing was lost. */
  readonly backAfterMs?: number;
}

export class Watch {
  readonly #answers: Answer[] = [];
  readonly #child;
  #told = "";

  private constructor(args: readonly string[]) {
    this.#child = spawn("docker", args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {});
    this.#child.stderr.on("data", (text) => {
      this.#told += text;
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const answer = answerIn(line, performance.now());
      if (answer) this.#answers.push(answer);
    });
  }

  /** @throws Failure (exit code 2) when nothing answers even before anything is broken */
  static async begin(plan: LabPlan, watched: Watched): Promise<Watch> {
    const source = sourcesOf(plan).find(({ netns }) => netns === watched.from)!;
    const target = targetNamed(plan, source, watched.to)!;
    const node = plan.nodes.find(({ name }) => name === source.host)!;
    const pause = plan.pods.find(({ id }) => id === watched.from)?.pause ?? "";
    const variables = { PAUSE: pause, ADDRESS: target.address, PORT: watched.port ? String(watched.port) : "" };
    const env = Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    const watch = new Watch(["exec", "-i", ...env, node.container, "sh", "-c", hostScript("watch")]);
    const until = performance.now() + FIRST_ANSWER_MS;
    while (!watch.#answers.some(({ missed }) => !missed)) {
      if (performance.now() > until) {
        await watch.#stop();
        const why = watch.#told.trim() || "no word";
        throw new Failure(EXIT.notProved, `${watched.from} got no answer from ${watched.to} within 5 s: ${why}`);
      }
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
    return watch;
  }

  /** Ends it. @param healedAt when the healing began, on performance.now()'s clock */
  async end(healedAt?: number): Promise<Gap> {
    await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
    await this.#stop();
    return gapOf(this.#answers, healedAt);
  }

  async #stop(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }
}

/** `[1700000000.1] 64 bytes from …: icmp_seq=7 ttl=61 …`, or `answered`. */
function answerIn(line: string, at: number): Answer | undefined {
  const sequence = /bytes from .* icmp_seq=(\d+) /.exec(line)?.[1];
  if (sequence !== undefined) return { at, sequence: Number(sequence) };
  if (line === "missed") return { at, missed: true };
  return line === "answered" ? { at } : undefined;
}

/** The longest silence in a row of answers. */
export function gapOf(answers: readonly Answer[], healedAt?: number): Gap {
  const came = answers.filter(({ missed }) => !missed);
  const longest = { silentMs: 0, back: 0 };
  let lost = answers.length - came.length;
  for (const [number, { at, sequence }] of came.entries()) {
    const before = came[number - 1];
    if (!before) continue;
    const silentMs = Math.max(0, Math.round(at - before.at - INTERVAL_MS));
    if (silentMs > longest.silentMs) Object.assign(longest, { silentMs, back: at });
    if (sequence !== undefined) lost += Math.max(0, sequence - before.sequence! - 1);
  }
  const healed = healedAt !== undefined && lost > 0 && longest.back > healedAt;
  return {
    silentMs: longest.silentMs,
    lost,
    ...(healed ? { backAfterMs: Math.round(longest.back - healedAt) } : {}),
  };
}

/** For people: `silent for 5,120 ms, back 640 ms after the healing began`. */
export function gapText({ silentMs, lost, backAfterMs }: Gap): string {
  if (lost === 0) return "no answer missing";
  const number = (value: number) => value.toLocaleString("en");
  const back = backAfterMs === undefined ? "" : `, back ${number(backAfterMs)} ms after the healing began`;
  return `silent for ${number(silentMs)} ms${back}`;
}
