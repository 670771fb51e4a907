/**
 * A node that was just made is plugged in, and has its units applied in one go: one `docker exec` instead of one a unit. Every
 * link and unit stays a resource of its own, so that each has its own diff, drift and removal: its Command finds a note that it
 * was done, and is done. Without such a note, whatever the reason, it does its work itself. Units that are new to a node which is
 * there are applied so, too, while Pulumi still looks for what has changed. Where `npm start` attends, what has applied the units
 * of a new node goes on as its prober (lab-scripts/lab/attend/applyAndProbe.ts).
 *
 * In a first run, which notes down nothing before its end (machine/unnoted.ts), this begins when the engine has the node.
 * Later runs wait for Docker's provider, and so for Pulumi's note: a node with units in it is taken for one that was noted
 * down (machine/inTheWay.ts).
 */
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { PYTHON, programText } from "../../lab-scripts/verify/program.ts";
import { applyAttended, type ToApply, UNITS_WITHIN_MS } from "../machine/attendant.ts";
import type { Births } from "../machine/births.ts";
import type { Condition } from "../machine/condition.ts";
import { lines } from "../machine/docker.ts";
import { outputInside } from "../machine/inside.ts";
import type { MachineContainer } from "../machine/inventory.ts";
import { generationOf, type Observations } from "../machine/observe.ts";
import { plugIn, plugOut } from "../machine/plug.ts";
import type { NodePlan, SegmentPlan, UnitPlan } from "../plan/plan.ts";
import { needsLinks, waitsFor } from "../plan/unitOrder.ts";
import { lackedBy } from "./lacking.ts";
import { unitText } from "./scripts.ts";
import type { UnitFiles } from "./unitFiles.ts";

export interface Cable {
  readonly segment: SegmentPlan;
  readonly network: docker.Network;
  readonly address: string;
}

/** What is done with a node without its Commands. No promise rejects: what could not be done is done, or told, by its Command. */
export interface Begun {
  /** Whether there is something to do: the node is new, or lacks units. */
  readonly news: boolean;
  /** Resolves when that cable is plugged in as far as it can be here. */
  plugged(cable: Cable): Promise<void>;
  /** The same of a unit. */
  applied(unit: UnitPlan): Promise<void>;
  /** Whether nothing is left for the Commands of its links and units. */
  readonly whole: Promise<boolean>;
}

export interface NewNodesArgs {
  readonly files: UnitFiles;
  readonly observed: Observations;
  readonly condition: Condition;
  /** Those of the machine when the program began. */
  readonly containers: readonly MachineContainer[];
  /** In a run that notes down nothing before its end. */
  readonly births?: Births | undefined;
}

const PLUGGED = Promise.resolve(true);

export class NewNodes {
  readonly #args: NewNodesArgs;

  constructor(args: NewNodesArgs) {
    this.#args = args;
  }

  begin(node: NodePlan, container: docker.Container, cables: readonly Cable[]): Begun {
    const there = this.#args.containers.find(({ name }) => name === node.container);
    // Also where it is there: Pulumi may have it replaced.
    const begun = this.#beginNew(node, container, cables, there === undefined);
    const lacking = there && this.#lacking(node);
    if (!lacking) return begun;
    const added = this.#apply(node, lacking, there.id, PLUGGED, applyThere).catch(() => 0);
    return {
      ...begun,
      news: lacking.length > 0,
      applied: async (unit) => {
        if (lacking.includes(unit)) await added;
        await begun.applied(unit);
      },
      whole: added.then((count) => count === lacking.length),
    };
  }

  #beginNew(node: NodePlan, container: docker.Container, cables: readonly Cable[], news: boolean): Begun {
    const made = this.#made(node, container);
    const plugged = new Map(cables.map((cable) => [cable, this.#plug(node, made, cable)]));
    const allPlugged = Promise.all(plugged.values()).then((done) => done.every(Boolean));
    const apply = (id: string | undefined) =>
      id === undefined ? 0 : this.#apply(node, node.units, id, allPlugged, applyNew);
    const applied = made.then(apply).catch(() => 0);
    return {
      news,
      plugged: (cable) => plugged.get(cable)!.then(() => {}),
      applied: () => applied.then(() => {}),
      whole: Promise.all([allPlugged, applied]).then(([all, units]) => all && units === node.units.length),
    };
  }

  /** A bridge may have containers to plug in, which only its Command does (units.py). */
  #lacking(node: NodePlan): readonly UnitPlan[] | undefined {
    if (pulumi.runtime.isDryRun()) return undefined;
    const lacking = lackedBy(node, this.#args.observed, this.#args.condition);
    return lacking?.some(({ kind }) => kind === "bridge") ? undefined : lacking;
  }

  /** The id of the node's container, which this run made, off Docker's network `none`; undefined when it was there before. */
  async #made(node: NodePlan, container: docker.Container): Promise<string | undefined> {
    if (pulumi.runtime.isDryRun()) return undefined;
    const id = await first(known(container.id), this.#args.births?.container(node.container));
    if (this.#args.containers.some((one) => one.id === id)) return undefined;
    // That state is a network of its own, and excludes others.
    await plugOut(id, "none").catch(() => {});
    return id;
  }

  async #plug(node: NodePlan, made: Promise<string | undefined>, cable: Cable): Promise<boolean> {
    const { segment, network, address } = cable;
    const id = await made;
    if (id === undefined) return false;
    const networkId = await first(known(network.id), this.#args.births?.network(segment.network));
    return plugIn(id, networkId, address).then(
      () => {
        this.#args.files.noteLink(node, segment, id, networkId);
        return true;
      },
      () => false,
    );
  }

  /** @returns how many were applied */
  async #apply(
    node: NodePlan,
    units: readonly UnitPlan[],
    id: string,
    plugged: Promise<boolean>,
    by: Apply,
  ): Promise<number> {
    if (units.length === 0) return 0;
    const { observed, files } = this.#args;
    const job = together(units).map((unit) => ({
      name: unit.name,
      kind: unit.kind,
      order: unit.order,
      generation: generationOf(observed, node, unit) ?? 1,
      text: unitText(unit),
      spec: unit.spec,
      after: node.units.filter((earlier) => waitsFor(unit, earlier)).map(({ name }) => name),
      linked: needsLinks(unit),
    }));
    const word = plugged.then((all) => (all ? "plugged\n" : "\n"));
    const names = lines(await by({ container: node.container, id, job }, word));
    for (const name of names) {
      const unit = node.units.find((one) => one.name === name)!;
      files.writeNote(node, unit, id, generationOf(observed, node, unit) ?? 1);
    }
    return names.length;
  }
}

/** How units are applied: the job, and the word that its second line is. @returns the names of those that were */
type Apply = (what: ToApply, plugged: Promise<string>) => Promise<string>;

/** Where somebody attends, who will want a prober in the node. */
const applyNew: Apply = async (what, plugged) =>
  (await applyAttended(what, plugged)) ?? (await applyThere(what, plugged));

const applyThere: Apply = ({ id, job }, plugged) =>
  outputInside(UNITS_WITHIN_MS, id, [...PYTHON, "-c", programText("newNode")], [`${JSON.stringify(job)}\n`, plugged]);

/** All units but images, which have to be brought from outside, and what waits for them. */
function together(units: readonly UnitPlan[]): UnitPlan[] {
  const images = units.filter(({ kind }) => kind === "image");
  return units.filter((unit) => !images.some((image) => unit === image || waitsFor(unit, image)));
}

/** Never, where the resource could not be made. */
function known(output: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => void output.apply(resolve));
}

function first<T>(one: Promise<T>, other: Promise<T> | undefined): Promise<T> {
  return other === undefined ? one : Promise.race([one, other]);
}
