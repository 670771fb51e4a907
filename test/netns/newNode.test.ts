/** How all units of a new node are applied in one go: the real program, with a /run and a /var/lib of its own. */
import { execa } from "execa";
import { expect, test } from "vitest";
import { PYTHON, programText } from "../../lab-scripts/verify/program.ts";

const PROGRAM = [...PYTHON, "-c", programText("newNode")];

interface Unit {
  readonly name: string;
  readonly text: string;
  readonly after?: readonly string[];
  readonly linked?: boolean;
}

/** What was applied by its own word, then what the units wrote, in its order. @param plugged undefined: never */
async function applied(units: readonly Unit[], plugged?: number) {
  const job = units.map((unit) => ({ kind: "test", order: 10, generation: 3, after: [], linked: false, ...unit }));
  const boot = "mkdir /run/podlab; (sleep 0.2; touch /run/podlab/ready) &";
  const show = "echo ---; cat /run/log; echo ---; cd /var/lib/podlab/units; grep -H . ./*.generation";
  const inside = `mount -t tmpfs none /run; mount -t tmpfs none /var/lib; ${boot} "$@"; ${show}`;
  const running = execa("unshare", ["--mount", "sh", "-c", inside, "sh", ...PROGRAM], { reject: false });
  running.stdin.write(`${JSON.stringify(job)}\n`);
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
