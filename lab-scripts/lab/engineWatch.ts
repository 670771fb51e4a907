/**
 * Looks after the machine's Docker engine while Pulumi works: its provider waits for an answer for as long as that takes, and
 * says nothing meanwhile. One that is gone needs no watch: whatever asks it fails at once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { DockerEndpoint } from "../../infra/machine/endpoint.ts";
import { askEngine } from "../setup/askEngine.ts";

/** In milliseconds. */
export interface Limits {
  readonly everyMs: number;
  /** A busy engine has answered after three seconds. */
  readonly tellAfterMs: number;
  readonly giveUpAfterMs: number;
}

const LIMITS: Limits = { everyMs: 2_000, tellAfterMs: 10_000, giveUpAfterMs: 120_000 };

/**
 * Until `ended` aborts. @param giveUp called once, when the engine has hung for too long
 * @param tell a line for the user
 */
export async function watchEngine(
  endpoint: DockerEndpoint,
  ended: AbortSignal,
  { tell, giveUp }: { tell: (line: string) => void; giveUp: () => void },
  limits: Limits = LIMITS,
): Promise<void> {
  let answered = Date.now();
  let told = false;
  while (!ended.aborted) {
    const answer = await askEngine(endpoint, limits.tellAfterMs);
    if (ended.aborted) return;
    const silent = Date.now() - answered;
    if (!("hangs" in answer)) {
      if (told && "engine" in answer) tell(`the Docker engine answers again, after ${seconds(silent)}`);
      told = false;
      answered = Date.now();
      await sleep(limits.everyMs, undefined, { signal: ended }).catch(() => undefined);
    } else if (silent >= limits.giveUpAfterMs) {
      giveUp();
      return;
    } else if (!told) {
      tell(
        `the Docker engine at ${endpoint.host} has not answered for ${seconds(silent)}; waiting for it, at most ` +
          `${seconds(limits.giveUpAfterMs)} (Ctrl-C ends it sooner)`,
      );
      told = true;
    }
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
