/**
 * What became of every unit of the lab, asked of the running nodes all at once. Read-only, so `pulumi preview` may ask too.
 * A unit that drifted asks for its next generation: that number is an input of its Command, so the drift shows as an
 * update of just that unit; applying it stores the number in the node, and the next run finds both equal again.
 */
import { programText } from "../../lab-scripts/verify/program.ts";
import { digestOf, hostScript } from "../components/scripts.ts";
import { lines } from "./docker.ts";
import { outputInside } from "./inside.ts";
import type { MachineContainer } from "./inventory.ts";

/** A node answers in well under a second, one with a hung engine after about five. */
export const LOOK_MS = 12_000;

export interface Observed {
  /** The generation that the unit should be at: as stored, or one more when it drifted. */
  readonly generation: number;
  /** unitDigest (components/scripts.ts) of the text that the node keeps. */
  readonly digest: string;
  /** What was wanted and what was found, when it drifted. */
  readonly drift?: string;
}

export interface Observations {
  /** By `node/unit`. */
  readonly units: ReadonlyMap<string, Observed>;
  /** Nodes that could be asked. A unit that such a node does not know was never applied, or is lost. */
  readonly answered: ReadonlySet<string>;
  /** Nodes that are there and could not be asked: they are stopped, paused or hang. Of their units nobody knows. */
  readonly silent: ReadonlySet<string>;
}

/** What a node says of its units, as text. @throws DockerError when it can't be asked, or does not answer in time */
export type Ask = (container: string) => Promise<string>;

export const askNode: Ask = (container) => outputInside(LOOK_MS, container, look());

/** The command that looks in a node. */
export const look = (): readonly string[] => ["sh", "-c", hostScript("observe"), "observe", programText("containers")];

/** @param ask where the nodes were asked a moment ago: gives what they said */
export async function observe(
  lab: string,
  containers: readonly MachineContainer[],
  ask: Ask = askNode,
): Promise<Observations> {
  const units = new Map<string, Observed>();
  const answered = new Set<string>();
  const silent = new Set<string>();
  await Promise.all(
    containers.map(async ({ id, name, lab: owner, state }) => {
      if (owner !== lab) return;
      const node = name.slice(lab.length + 1);
      // `docker exec` refuses a node that doesn't run; one that hangs has its time. Neither is a reason to fail here.
      const answer = state === "running" ? await ask(id).catch(() => undefined) : undefined;
      if (answer === undefined) {
        silent.add(node);
        return;
      }
      answered.add(node);
      for (const row of lines(answer)) {
        const [unit, generation, sum = "", verdict, detail] = row.split("\t");
        const stored = { generation: Number(generation), digest: digestOf(sum) };
        const drifted = { ...stored, generation: stored.generation + 1, drift: detail ?? "" };
        units.set(`${node}/${unit}`, verdict === "drift" ? drifted : stored);
      }
    }),
  );
  return { units, answered, silent };
}

/** Of a lab that is not there yet. */
export const NOTHING_SEEN: Observations = { units: new Map(), answered: new Set(), silent: new Set() };

/** Of a unit that its node does not know: the moment, in seconds, for no unit has had that before, whatever Pulumi remembers. */
const UNHEARD_OF = Math.floor(Date.now() / 1000);

/**
 * The generation at which a unit is declared: the first in a node that is yet to be made; one of its own in one that is
 * there and does not know it, so that a unit which was lost is applied again, however often; undefined when nobody knows.
 */
export function generationOf(
  { units, answered, silent }: Observations,
  node: { name: string },
  unit: { name: string },
) {
  if (silent.has(node.name)) return undefined;
  return units.get(`${node.name}/${unit.name}`)?.generation ?? (answered.has(node.name) ? UNHEARD_OF : 1);
}
