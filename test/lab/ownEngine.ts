import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { stringify } from "yaml";
import { ROOT, stackFile } from "../../lab-scripts/lab/project.ts";
import { bringNodeBase } from "./nodeBase.ts";
import { own } from "./ownership.ts";
import { PrivateEngine } from "./privateEngine.ts";
import { dropState } from "./pulumiState.ts";

/**
 * Gives a file's tests a machine of their own, whose engine has what nodes are built on, and a stack of this clone to build there.
 * Both go with the tests.
 * @param name the stack's and the lab's
 * @param daemon the engine's daemon.json
 * @returns `engine` to be asked while tests run; `podlab` runs one of podlab's commands there
 */
export function ownEngine(name: string, spec: object, daemon = {}) {
  let engine: PrivateEngine | undefined;
  let release: (() => void) | undefined;
  beforeAll(async () => {
    ({ release } = await own(name));
    engine = await PrivateEngine.create(name, daemon);
    await bringNodeBase(engine);
    dropState(name);
    writeFileSync(stackFile(name), stringify({ config: { "podlab:lab": spec } }));
  });
  afterAll(async () => {
    await engine?.remove();
    rmSync(stackFile(name), { force: true });
    dropState(name);
    release?.();
  });
  return {
    get engine(): PrivateEngine {
      return engine!;
    },
    podlab: (...args: string[]) => engine!.run(process.execPath, join(ROOT, "lab-scripts/podlab.mjs"), ...args),
  };
}
