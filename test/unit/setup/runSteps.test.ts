import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reportTo } from "../../../lab-scripts/setup/report.ts";
import { runSteps } from "../../../lab-scripts/setup/runSteps.ts";
import type { SetUpContext, Step } from "../../../lab-scripts/setup/step.ts";
import { SetupError } from "../../../lab-scripts/setup/step.ts";

let cache: string;
let said: string;
let events: string[];

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "podlab-steps-"));
  said = "";
  events = [];
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

const report = () =>
  reportTo({
    write: (text: string) => {
      said += text;
    },
  });

function context(signal: AbortSignal = new AbortController().signal): SetUpContext {
  return { root: cache, cache, env: {}, signal, pulumiSite: "", pluginReleases: "" };
}

interface Fake {
  needs?: string[];
  after?: string[];
  there?: boolean;
  seconds?: number;
  run?: (signal: AbortSignal) => Promise<void>;
  plan?: () => void;
}

function step(
  name: string,
  { needs = [], after = [], there = false, seconds = 1, run, plan }: Fake = {},
): Step<string> {
  let found = there ? `${name} was there` : undefined;
  return {
    name,
    needs,
    detect: async () => found,
    plan: async () => {
      plan?.();
      return {
        how: `made ${name}`,
        seconds,
        lock: name,
        after,
        run: async (_progress, signal) => {
          events.push(`${name} begins`);
          await (run?.(signal) ?? sleep(10));
          events.push(`${name} ends`);
          found = `${name} was made`;
          return found;
        },
      };
    },
  };
}

test("nothing missing: one line, nothing run", async () => {
  const found = await runSteps(
    [step("a", { there: true }), step("b", { there: true, needs: ["a"] })],
    context(),
    report(),
  );
  expect([...found]).toEqual([
    ["a", "a was there"],
    ["b", "b was there"],
  ]);
  expect(said).toBe("set-up: nothing missing\n");
});

test("independent steps run side by side, dependent ones in order", async () => {
  const steps = [step("late", { needs: ["a"] }), step("a"), step("b"), step("last", { after: ["late"] })];
  const found = await runSteps(steps, context(), report());
  expect(found.size).toBe(4);
  expect(events.slice(0, 2).sort()).toEqual(["a begins", "b begins"]);
  expect(events.indexOf("late begins")).toBeGreaterThan(events.indexOf("a ends"));
  expect(events.indexOf("last begins")).toBeGreaterThan(events.indexOf("late ends"));
});

test("the estimate is the longest chain, not the sum", async () => {
  const steps = [step("a", { seconds: 100 }), step("b", { seconds: 30 }), step("c", { seconds: 40, needs: ["b"] })];
  await runSteps(steps, context(), report());
  expect(said).toContain("3 missing, about 1 min 40 s");
});

test("what needs something missing is missing, though it could be detected", async () => {
  await runSteps([step("a"), step("b", { needs: ["a"], there: true })], context(), report());
  expect(said).toContain("b: there meanwhile");
  expect(events).toEqual(["a begins", "a ends"]);
});

test("all that can't be had is said at once, before anything is done", async () => {
  const impossible = (what: string) => () => {
    throw new SetupError(`no ${what}`);
  };
  const steps = [step("a"), step("b", { plan: impossible("b") }), step("c", { plan: impossible("c") })];
  const failure = await runSteps(steps, context(), report()).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SetupError);
  expect((failure as Error).message).toMatch(/2 things are missing[\s\S]*1\. no b\n2\. no c/);
  expect(events).toEqual([]);
});

test("a failure ends the others and is what is thrown; what was done stays", async () => {
  const untilAborted = (signal: AbortSignal) => sleep(5_000, undefined, { signal });
  const fails = async () => {
    await sleep(20);
    throw new SetupError("b broke");
  };
  const steps = [
    step("quick"),
    step("a", { run: untilAborted }),
    step("b", { run: fails }),
    step("c", { needs: ["b"] }),
  ];
  await expect(runSteps(steps, context(), report())).rejects.toThrow("b broke");
  expect(events).toContain("quick ends");
  expect(events).not.toContain("c begins");
  expect(said).toContain("✗ a");
});

test("an abort ends what runs and throws its reason", async () => {
  const controller = new AbortController();
  const steps = [step("a", { run: (signal) => sleep(5_000, undefined, { signal }) }), step("b", { needs: ["a"] })];
  const done = runSteps(steps, context(controller.signal), report());
  setTimeout(() => controller.abort(new Error("enough")), 20);
  await expect(done).rejects.toThrow("enough");
  expect(events).toEqual(["a begins"]);
});

test("two runs at once do a step once", async () => {
  const shared = step("a", { run: () => sleep(300) });
  const found = await Promise.all([1, 2].map(() => runSteps([shared], context(), report())));
  expect(found.map((each) => each.get("a"))).toEqual(["a was made", "a was made"]);
  expect(events).toEqual(["a begins", "a ends"]);
});
