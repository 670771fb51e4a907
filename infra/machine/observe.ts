/**
 * What became of every unit of the lab, asked of the running nodes all at once. Read-only, so `pulumi preview` may ask too.
 * A unit that drifted asks for its next generation: that number is an input of its Command, so the drift shows as an
 * update of just that unit; applying it stores the number in the node, and the next run finds both equal again.
 */
import { hostScript } from "../components/scripts.ts";
import { LABEL } from "../model/names.ts";
import { docker, lines } from "./docker.ts";

export interface Observed {
  /** The generation that the unit should be at: as stored, or one more when it drifted. */
  readonly generation: number;
  /** What was wanted and what was found, when it drifted. */
  readonly drift?: string;
}

/** By `node/unit`. A unit that is missing here was never applied, or its node doesn't run. */
export type Observations = ReadonlyMap<string, Observed>;

export async function observe(lab: string): Promise<Observations> {
  const format = `{{.Names}}\t{{.Label "${LABEL.role}"}}`;
  const running = await docker("ps", "--filter", `label=${LABEL.lab}=${lab}`, "--format", format);
  const script = ["sh", "-c", hostScript("observe"), "observe", hostScript("containers", "py")];
  const answers = await Promise.all(
    lines(running).map(async (line) => {
      const container = line.split("\t")[0]!;
      // A node that can't be asked (paused, hung) is no reason to fail: its container is refreshed by the engine.
      const text = await docker("exec", container, ...script).catch(() => "");
      return lines(text).map((row) => [container.slice(lab.length + 1), row.split("\t")] as const);
    }),
  );
  return new Map(
    answers.flat().map(([node, [name, generation, state, detail]]) => {
      const stored = Number(generation);
      const observed = state === "drift" ? { generation: stored + 1, drift: detail ?? "" } : { generation: stored };
      return [`${node}/${name}`, observed];
    }),
  );
}

/** Ids of the lab's containers, running or not. */
export async function containerIds(lab: string): Promise<ReadonlySet<string>> {
  return new Set(lines(await docker("ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${LABEL.lab}=${lab}`)));
}

/** The generation at which a unit is declared: the first, where nothing of it was seen. */
export function generationOf(observed: Observations, node: { name: string }, unit: { name: string }): number {
  return observed.get(`${node.name}/${unit.name}`)?.generation ?? 1;
}
