import { familyMark } from "../../infra/expect/endpoints.ts";
import { commandLine } from "../../infra/home.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { EXIT, Failure } from "../exit.ts";
import { type Changed, changedBy } from "../faults/expected.ts";
import type { Aimed } from "../faults/fault.ts";
import { aim, FAULTS, faultNamed } from "../faults/faults.ts";
import { heal, inject } from "../faults/inject.ts";
import { loadPlan, whichLab } from "../lab/loadPlan.ts";
import { reportText, verifyLab } from "../lab/verifyLab.ts";
import { exitCodeOf } from "../report/report.ts";

/** A host that was started again boots for a few seconds; an ARP entry that failed is asked for again. */
const CONVERGE_MS = 30_000;

interface FaultOptions {
  readonly lab?: string;
  readonly list?: boolean;
}

/** Does one fault to the running lab, and says what will then be seen; or heals the lab; or lists the faults. */
export async function fault(name: string | undefined, args: readonly string[], options: FaultOptions): Promise<void> {
  if (options.list || name === undefined) {
    process.stdout.write(listed());
    return;
  }
  if (name === "heal") return healLab(await whichLab(args[0] ?? options.lab));
  faultNamed(name); // before any lab is asked for
  const plan = await loadPlan(await whichLab(options.lab));
  const aimed = aim(plan, [name, ...args]);
  await inject(plan, [name, ...args], aimed);
  process.stdout.write(`${aimed.says}\n\n${foretold(aimed, plan)}\n`);
  process.stdout.write(
    `see it:  ${commandLine("check", plan.lab)}\nundo it: ${commandLine("fault", "heal", plan.lab)}\n`,
  );
}

async function healLab(lab: string): Promise<void> {
  const { started, done } = await heal(lab);
  for (const node of started) process.stdout.write(`${node}: started\n`);
  for (const line of done) process.stdout.write(`${line}\n`);
  if (started.length + done.length === 0) process.stdout.write(`lab ${lab}: nothing to heal\n`);
  const { report } = await verifyLab(lab, { convergeWithinMs: CONVERGE_MS, part: "heal" });
  const code = exitCodeOf(report);
  if (code !== EXIT.asExpected) {
    process.stderr.write(reportText(report, process.stderr));
    throw new Failure(code, `lab ${lab} is not as planned yet; ${commandLine("start", lab)} repairs the rest`);
  }
  process.stdout.write(`lab ${lab} is as planned: ${report.summary.passed} checks passed\n`);
}

function listed(): string {
  const rows = FAULTS.map(({ name, usage, about }) => [`${name} ${usage}`, about] as const);
  const wide = Math.max(...rows.map(([words]) => words.length));
  return [
    ...rows.map(([words, about]) => `${words.padEnd(wide)}  ${about}`),
    `${"heal [LAB]".padEnd(wide)}  undo every fault, start what was stopped, apply what drifted`,
    "",
  ].join("\n");
}

/** What the model says of the lab while the fault lasts, pairs with the same end in one line. */
function foretold(aimed: Aimed, plan: LabPlan): string {
  if (aimed.unproved !== undefined) return `what then happens: ${aimed.unproved}\n`;
  const changed = changedBy(aimed, plan);
  const unasked = aimed.unasked?.length ? `nobody can be asked in ${aimed.unasked.join(", ")}\n` : "";
  if (changed.length === 0) return `${unasked}by the model no packet meets another end than before\n`;
  return `by the model these now end otherwise:\n${foretoldLines(changed).join("\n")}\n${unasked}`;
}

/** `no-route   host01/web, host01/db -> host02/web, host02/db` */
function foretoldLines(changed: readonly Changed[]): string[] {
  const ends = Map.groupBy(changed, ({ was, now }) =>
    was.expected.outcome === now.expected.outcome ? "differently" : now.expected.outcome,
  );
  return [...ends].flatMap(([end, ofEnd]) => {
    const targets = Map.groupBy(ofEnd, ({ from }) => from);
    const named = [...targets].map(([from, ofFrom]) => ({
      from,
      to: [...new Set(ofFrom.map(({ to, now }) => `${to}${familyMark(now.address)}`))].join(", "),
    }));
    return [...Map.groupBy(named, ({ to }) => to)].map(
      ([to, sources]) => `  ${end.padEnd(11)} ${sources.map(({ from }) => from).join(", ")} -> ${to}`,
    );
  });
}
