/**
 * Does a fault to a running lab, and undoes all of them. What was done is noted in the node it was done to
 * (/var/lib/podlab/faults), so that any clone, or nobody's memory at all, is enough to heal.
 */

import { readFileSync } from "node:fs";
import { commandLine } from "../../infra/home.ts";
import { LIMIT, outputInside } from "../../infra/machine/inside.ts";
import type { MachineContainer } from "../../infra/machine/inventory.ts";
import { engineOf } from "../../infra/machine/machines.ts";
import { printable } from "../../infra/machine/told.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { EXIT, Failure } from "../exit.ts";
import { labObjects } from "../lab/objects.ts";
import type { Aimed, Inside } from "./fault.ts";

/**
 * @param words as on the command line; the note says them again
 * @throws Failure (exit code 2) when a node is not there, or the fault could not be done; then nothing of it stays
 */
export async function inject(
  plan: LabPlan,
  words: readonly string[],
  { acts, leavesLink, passes }: Aimed,
): Promise<void> {
  const { containers } = await labObjects(plan.lab);
  const done = acts.map((act) => {
    const node = "stop" in act ? act.stop : act.node;
    const name = plan.nodes.find((one) => one.name === node)!.container;
    // By label, not by name alone: nothing that is not the lab's is ever touched.
    const found = containers.find((one) => one.name === name);
    if (found?.state !== "running") {
      throw new Failure(
        EXIT.notProved,
        `${node} does not run, so it can't be broken; ${commandLine("fault", "heal", plan.lab)}`,
      );
    }
    return { act, container: found };
  });
  for (const { act, container } of done) {
    if ("stop" in act)
      await engineOf(container).call("POST", `/containers/${container.id}/stop`, { query: { t: "1" } });
    else await inNode(container, ["sh", "-s"], injection(words, act, passes));
  }
  if (!leavesLink) return;
  const stopped = acts.flatMap((act) => ("stop" in act ? act.stop : []));
  const others = plan.nodes.filter(({ name }) => !stopped.includes(name)).map(({ container }) => container);
  const running = containers.filter(({ state, name }) => state === "running" && others.includes(name));
  const forget = script("forget-neighbours");
  await Promise.all(running.map((one) => inNode(one, ["sh", "-s"], forget)));
}

/** The text of NAME.sh beside this file. */
const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");

/** Stores the fault as a script of its own, then runs it; a fault that fails half-way is undone at once. */
function injection(words: readonly string[], act: Inside, passes = false): string {
  const end = "PODLAB_FAULT_ENDS_HERE";
  return `set -eu
mkdir -p /var/lib/podlab/faults
note=/var/lib/podlab/faults/$(date +%s%N).fault
cat > "$note" << '${end}'
${noteText(words, act)}${end}
sh "$note" inject < /dev/null || { sh "$note" undo < /dev/null; rm -f "$note"; exit 1; }
${passes ? 'rm -f "$note"\n' : ""}`;
}

/** The fault as it is kept in its node: `sh NOTE inject`, `sh NOTE undo`. */
export function noteText(words: readonly string[], { inject: lines, undo = [] }: Inside): string {
  const body = (name: string, text: readonly string[]) =>
    `${name}() {\n${[...text, ":"].map((line) => `  ${line}\n`).join("")}}\n`;
  return [
    `# podlab: fault ${words.join(" ")}\n`,
    script("device_of"),
    body("inject", lines),
    body("undo", undo),
    'set -eu\n"$1"\n',
  ].join("");
}

async function inNode(node: MachineContainer, command: readonly string[], input = ""): Promise<string> {
  const limit = input === "" ? LIMIT.apply : LIMIT.script;
  try {
    return printable(await outputInside(limit, node.id, command, input, engineOf(node)), "\n");
  } catch (error) {
    throw new Failure(EXIT.notProved, `${node.name}: ${(error as Error).message}`);
  }
}

export interface Healed {
  readonly started: readonly string[];
  /** `host02: undid fault link-down host02` */
  readonly done: readonly string[];
}

/**
 * Starts what was stopped; then each node undoes what is noted, and makes itself what it was told to be. Harmless on a healthy lab.
 * @throws Failure (exit code 2) when there is no such lab, or a node could not be healed
 */
export async function heal(lab: string): Promise<Healed> {
  const { containers } = await labObjects(lab);
  if (containers.length === 0)
    throw new Failure(EXIT.notProved, `lab ${lab} is not there; ${commandLine("start", lab)}`);
  const stopped = containers.filter(({ state }) => state !== "running");
  const wake = (one: MachineContainer) =>
    engineOf(one).call("POST", `/containers/${one.id}/${one.state === "paused" ? "unpause" : "start"}`);
  await Promise.all(stopped.map(wake));
  const nodes = await Promise.all(
    containers.map(async (one) => {
      const node = one.name.slice(lab.length + 1);
      const lines = (await inNode(one, ["podlab-node", "apply", "--stored"])).split("\n").filter(Boolean);
      return lines.map((line) => `${node}: ${line}`);
    }),
  );
  return { started: stopped.map(({ name }) => name.slice(lab.length + 1)), done: nodes.flat() };
}
