/** Does one damage to the lab, and sees what preview says of it, what one `up` makes of it, and what it touches. */
import { execa } from "execa";
import { pluggedWrong } from "../../../infra/machine/cables.ts";
import { inventory } from "../../../infra/machine/inventory.ts";
import { observe, troubles } from "../../../infra/machine/observe.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import type { TestLab } from "../harness.ts";
import type { Damage } from "./damage.ts";
import { NAME, SPEC } from "./spec.ts";

export interface Recovery {
  readonly name: string;
  /** Whether preview listed what it should and said why; else what it did say. */
  readonly detected: true | string;
  /** Whether one `up` ended well, its verification ran, and nothing differs from the plan afterwards; else what is wrong. */
  readonly converged: true | string;
  /** Whether only what had to be touched was; else what else. */
  readonly untouched: true | string;
  readonly previewMs: number;
  readonly upMs: number;
}

const plan = planLab(readLab(SPEC, NAME));

/** By what a lab is led back. */
export type Way = "npm start" | "pulumi up";

/** That the damage can't be done. */
export class NotDone extends Error {}

/** Says whether a damage is told; else what is. */
export type Look = (lab: TestLab, damage: Damage) => Promise<true | string>;

/** @throws NotDone */
export async function recover(
  lab: TestLab,
  damage: Damage,
  way: Way = "pulumi up",
  look: Look = previewTells,
): Promise<Recovery> {
  const before = await lab.identities();
  for (const command of damage.by) {
    await run(lab, command).catch(({ message }: Error) => {
      throw new NotDone(message);
    });
  }
  const previewed = performance.now();
  const detected = await look(lab, damage);
  const upped = performance.now();
  const failure = await (way === "npm start" ? lab.start() : plainUp(lab, damage)).then(
    () => undefined,
    // Of all that Pulumi prints, its diagnostics.
    ({ message }: Error) => /^Diagnostics:.*?^Resources:/ms.exec(message)?.[0] ?? message,
  );
  const ended = performance.now();
  return {
    name: damage.name,
    detected,
    converged: failure ?? ((await whatIsWrong()).join("; ") || true),
    untouched: untouched(damage, before, await lab.identities()),
    previewMs: upped - previewed,
    upMs: ended - upped,
  };
}

async function plainUp(lab: TestLab, { unproved }: Damage): Promise<void> {
  const { stdout } = await lab.up();
  if (!unproved && !/verification (created|updated)/.test(stdout)) throw new Error("its verification did not run");
}

async function run(lab: TestLab, command: string): Promise<void> {
  const [, node, inside] = /^(host\d\d|router|internet): (.*)$/s.exec(command) ?? [];
  if (node) await lab.in(node, inside!);
  else await execa("sh", ["-c", command], { env: { LAB: lab.name } });
}

async function previewTells(lab: TestLab, { seen, unproved, told }: Damage): Promise<true | string> {
  const { changes, diagnostics } = await lab.previewed();
  const wanted = [...seen, ...(unproved ? [] : ["verification: update"])].sort().join(", ");
  // The image's resource has the digest of what it is built from in its name.
  const found = changes
    .map((change) => change.replace(/^node-image-\w+/, "node-image"))
    .sort()
    .join(", ");
  if (wanted !== found) return `wanted ${wanted}; found ${found}`;
  return allTold(told, diagnostics);
}

/** The same by the program's own questions alone, in a second: of each node that is to be made right something is told. */
export const nodesTell: Look = async (_, { seen, told }) => {
  const wrong = await whatIsWrong();
  const nodes = seen.flatMap((one) => /^([a-z0-9]+)(?:-state)?: /.exec(one)?.[1] ?? []);
  const silent = nodes.filter((node) => !wrong.some((line) => line.includes(node)));
  return silent.length > 0
    ? `nothing told of ${silent.join(", ")}: ${wrong.join("\n")}`
    : allTold(told, wrong.join("\n"));
};

function allTold(told: Damage["told"], text: string): true | string {
  const untold = [told ?? []].flat().filter((line) => !line.test(text));
  return untold.length === 0 || `not told as ${untold.join(", ")}: ${text}`;
}

async function whatIsWrong(): Promise<string[]> {
  const found = await inventory();
  const observed = await observe(NAME, found.containers);
  const router = observed.get("router");
  const absent = plan.nodes.filter(
    ({ name, container }) => !observed.has(name) || !found.containers.some((one) => one.name === container),
  );
  return [
    ...absent.map(({ name }) => `${name}: wanted it there, found nothing`),
    ...pluggedWrong(plan, found).values(),
    ...(router && "record" in router && router.record === null
      ? ["router: record of the lab: wanted there, found nothing"]
      : []),
    ...[...observed].flatMap(([node, seen]) => troubles(seen).map((trouble) => `${node}: ${trouble}`)),
  ];
}

function untouched({ touched = [] }: Damage, before: Map<string, string>, after: Map<string, string>): true | string {
  const others = [...before].filter(([name, identity]) => !touched.includes(name) && after.get(name) !== identity);
  return others.length === 0 || others.map(([name]) => name).join(", ");
}
