/** How all units of a new node are applied in one go: the real program, with a /run and a /var/lib of its own. */
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { PYTHON, programText } from "../../lab-scripts/verify/program.ts";

const PROGRAM = [...PYTHON, "-c", programText("newNode")];
const AND_PROBE = [...PYTHON, "-c", programText("newNodeProber")];

interface Unit {
  readonly name: string;
  readonly text: string;
  readonly after?: readonly string[];
  readonly linked?: boolean;
}

const jobOf = (units: readonly Unit[]) =>
  JSON.stringify(units.map((unit) => ({ kind: "test", order: 10, generation: 3, after: [], linked: false, ...unit })));

/** With a /run and a /var/lib of its own, in which it boots. @param then shell commands that come after it */
function inNode(program: readonly string[], then = ":") {
  const boot = "mkdir /run/podlab; (sleep 0.2; touch /run/podlab/ready) &";
  const inside = `mount -t tmpfs none /run; mount -t tmpfs none /var/lib; ${boot} "$@"; ${then}`;
  return execa("unshare", ["--mount", "sh", "-c", inside, "sh", ...program], { reject: false });
}

/** What was applied by its own word, then what the units wrote, in its order. @param plugged undefined: never */
async function applied(units: readonly Unit[], plugged?: number) {
  const show = "echo ---; cat /run/log; echo ---; cd /var/lib/podlab/units; grep -H . ./*.generation";
  const running = inNode(PROGRAM, show);
  running.stdin.write(`${jobOf(units)}\n`);
  if (plugged !== undefined) await new Promise((resolve) => setTimeout(resolve, plugged));
  running.stdin.end(plugged === undefined ? "" : "plugged\n");
  const { stdout } = await running;
  return stdout.split("---").map((part) => part.trim().split("\n").filter(Boolean));
}

/** Tells when it was applied, and what the time was. */
const telling = (name: string, more = ""): Unit => ({ name, text: `echo ${name} >> /run/log; ${more}\n` });

test("each after those it comes after, and what speaks of links when there are links", async () => {
  const [said, log, generations] = await applied(
    [
      { ...telling("bridge", "sleep 0.3; echo bridged >> /run/log") },
      { ...telling("pod"), after: ["bridge"] },
      { ...telling("route"), linked: true },
    ],
    200,
  );
  expect(said).toEqual(["bridge", "pod", "route"]);
  expect(log!.filter((line) => line !== "route")).toEqual(["bridge", "bridged", "pod"]);
  expect(generations).toEqual([
    "./10-bridge.unit.generation:3",
    "./10-pod.unit.generation:3",
    "./10-route.unit.generation:3",
  ]);
});

test("what could not be applied is not said to be; the others are all the same", async () => {
  const [said, , generations] = await applied([{ name: "broken", text: "exit 1\n" }, telling("whole")], 0);
  expect(said).toEqual(["whole"]);
  expect(generations).toEqual(["./10-whole.unit.generation:3"]);
});

test("without its links a node has no unit that speaks of them", async () => {
  const [said] = await applied([telling("bridge"), { ...telling("route"), linked: true }]);
  expect(said).toEqual(["bridge"]);
});

describe("with a prober after it", () => {
  const ready = { path: "/run/podlab/ready", timeout: 1 };
  const probing = JSON.stringify({ sources: [], facts: false, ready, limit: 1, attended: true });

  test("that takes its job when all is applied", async () => {
    const running = inNode(AND_PROBE);
    // Not a byte of what it reads first belongs to the prober.
    running.stdin.write(`${jobOf([telling("bridge", "sleep 0.3")])}\nplugged\n`);
    const said: string[] = [];
    for await (const line of running) {
      said.push(line);
      if (line === "=== applied ===") running.stdin.write(`${probing}\n`);
    }
    expect(said.slice(0, 2)).toEqual(["bridge", "=== applied ==="]);
    expect(said.slice(2).map((line) => JSON.parse(line))).toMatchObject([{ ready: true }, { done: true, probes: 0 }]);
  });

  test("which waits for the word about links, though no unit does", async () => {
    const running = inNode(AND_PROBE);
    running.stdin.write(`${jobOf([telling("bridge")])}\n`);
    const said = running[Symbol.asyncIterator]();
    expect((await said.next()).value).toBe("bridge");
    running.stdin.end(`\n${probing}\n`);
    expect((await said.next()).value).toBe("=== applied ===");
  });

  test("nobody wants it, and it ends", async () => {
    const running = inNode(AND_PROBE);
    running.stdin.end(`${jobOf([telling("bridge")])}\nplugged\n`);
    const { stdout, exitCode } = await running;
    expect({ stdout, exitCode }).toEqual({ stdout: "bridge\n=== applied ===", exitCode: 0 });
  });
});
