/** Kubernetes' end-to-end suite "Netpol", held against the kernel: each case's policies as the hosts' rules, each pair as real packets. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { demandNamespaces } from "../differential/machine.ts";
import { CASES } from "../netpol/cases.ts";
import { planOf, truths } from "../netpol/lab.ts";
import { sweep } from "./leftovers.ts";
import { PlannedLab } from "./planned.ts";
import { ask } from "./prober.ts";

const lab = new PlannedLab(planOf({ policies: [] }));
/** Seconds. Answers take milliseconds, so where none is to come a short silence will do. */
const PATIENCE = { answer: 3, silence: 0.3 };

beforeAll(async () => {
  demandNamespaces();
  sweep();
  await lab.build();
});
afterAll(() => lab.remove());

test.each(CASES)("$name", async ({ steps }) => {
  for (const { checks, ...step } of steps) {
    await lab.replan(planOf(step));
    const questions = checks.flatMap((check) => truths(check).map((truth) => ({ ...truth, ...check })));
    const sources = Map.groupBy(
      questions.map((question, at) => ({ ...question, id: String(at) })),
      ({ from }) => from.id,
    );
    const { results, trouble } = await ask(
      [...sources].map(([id, own]) => ({
        id,
        netns: { name: lab.nameOf(id) },
        controls: [],
        probes: own.map(({ id, address, protocol, port, reaches }) => {
          return { id, kind: protocol, address, port, timeout: reaches ? PATIENCE.answer : PATIENCE.silence };
        }),
      })),
    );
    expect(trouble).toBeUndefined();
    const said = questions.map(({ from, to, protocol, port }, at) => {
      return `${protocol} ${from.name} -> ${to}:${port} ${results.get(String(at))?.outcome}`;
    });
    const wanted = questions.map(({ from, to, protocol, port, reaches }) => {
      return `${protocol} ${from.name} -> ${to}:${port} ${reaches ? "ok" : "timeout"}`;
    });
    expect(said.filter((one) => !wanted.includes(one))).toEqual([]);
  }
});
