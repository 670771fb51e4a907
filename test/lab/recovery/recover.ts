/** Does one damage to the lab, and sees what preview says of it, what one `pulumi up` makes of it, and what it touches. */
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

export async function recover(lab: TestLab, damage: Damage): Promise<Recovery> {
  const before = await lab.identities();
  for (const command of damage.by) await run(lab, command);
  const previewed = performance.now();
  const { changes, diagnostics } = await lab.previewed();
  const upped = performance.now();
  const failure = await lab.up().then(
    ({ stdout }) =>
      damage.unproved || /verification (created|updated)/.test(stdout) ? undefined : "its verification did not run",
    // Of all that Pulumi prints, its diagnostics.
    ({ message }: Error) => /^Diagnostics:.*?^Resources:/ms.exec(message)?.[0] ?? message,
  );
  const ended = performance.now();
  return {
    name: damage.name,
    detected: detected(damage, changes, diagnostics),
    converged: failure ?? ((await whatIsWrong()) || true),
    untouched: untouched(damage, before, await lab.identities()),
    previewMs: upped - previewed,
    upMs: ended - upped,
  };
}

async function run(lab: TestLab, command: string): Promise<void> {
  const [, node, inside] = /^(host\d\d|router|internet): (.*)$/s.exec(command) ?? [];
  if (node) await lab.in(node, inside!);
  else await execa("sh", ["-c", command], { env: { LAB: lab.name } });
}

function detected({ seen, unproved, told }: Damage, changes: readonly string[], diagnostics: string): true | string {
  const wanted = [...seen, ...(unproved ? [] : ["verification: update"])].sort().join(", ");
  // The image's resource has the digest of what it is built from in its name.
  const found = changes
    .map((change) => change.replace(/^node-image-\w+/, "node-image"))
    .sort()
    .join(", ");
  if (wanted !== found) return `wanted ${wanted}; found ${found}`;
  if (told && !told.test(diagnostics)) return `not told as ${told}: ${diagnostics}`;
  return true;
}

async function whatIsWrong(): Promise<string> {
  const found = await inventory();
  const observed = await observe(NAME, found.containers);
  return [
    ...pluggedWrong(plan, found).values(),
    ...[...observed].flatMap(([node, seen]) => troubles(seen).map((trouble) => `${node}: ${trouble}`)),
  ].join("; ");
}

function untouched({ touched = [] }: Damage, before: Map<string, string>, after: Map<string, string>): true | string {
  const others = [...before].filter(([name, identity]) => !touched.includes(name) && after.get(name) !== identity);
  return others.length === 0 || others.map(([name]) => name).join(", ");
}
