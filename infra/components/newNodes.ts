/**
 * A node that was just made has its units applied in one go: one `docker exec` instead of one a unit, begun while its
 * segment is still being made. Every unit stays a resource of its own, so that each has its own diff, drift and removal: its
 * Command finds a note that it was applied, and is done. Without such a note, whatever the reason, it applies the unit itself.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { docker as ask, dockerWithInput, lines } from "../machine/docker.ts";
import { generationOf, type Observations } from "../machine/observe.ts";
import type { NodePlan, UnitPlan } from "../model/plan.ts";
import { needsLinks, waitsFor } from "../model/unitOrder.ts";
import { hostScript, unitText } from "./scripts.ts";

const FOLDER = join(import.meta.dirname, "../../.podlab/applied");

/** Longer than any wait inside (lab-scripts/host/units.py, engine.sh) and for a segment. */
const LIMIT_MS = 300_000;

export class NewNodes {
  readonly #observed: Observations;
  /** Ids of the containers that were there when the program began. */
  readonly #known: ReadonlySet<string>;
  readonly #folder: string;

  constructor(lab: string, observed: Observations, known: ReadonlySet<string>) {
    this.#observed = observed;
    this.#known = known;
    this.#folder = join(FOLDER, lab);
    // A note speaks of one run of the program, this one.
    if (!pulumi.runtime.isDryRun()) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** As soon as the node is there, and if this run made it. Resolves when all that can be applied is. */
  begin(node: NodePlan, container: docker.Container, links: readonly local.Command[]): pulumi.Output<void> {
    return container.id.apply(async (id) => {
      if (pulumi.runtime.isDryRun() || this.#known.has(id)) return;
      // It was made plugged in nowhere (node.ts); that state is a Docker network of its own, and excludes others. Its links
      // do without this too (link.ts), but then each has to try.
      await ask("network", "disconnect", "none", id).catch(() => "");
      const plugged = new Promise<void>(
        (resolve) => void pulumi.all(links.map((link) => link.id)).apply(() => resolve()),
      );
      // What can't be applied here is told by its own Command.
      await this.#apply(node, id, plugged).catch(() => undefined);
    });
  }

  /** Where the unit's note is, as seen from where Pulumi runs Commands. */
  note(node: NodePlan, unit: UnitPlan): string {
    return relative(process.cwd(), join(this.#folder, node.name, unit.name));
  }

  async #apply(node: NodePlan, id: string, plugged: Promise<void>): Promise<void> {
    const job = together(node.units).map((unit) => ({
      name: unit.name,
      order: unit.order,
      generation: generationOf(this.#observed, node, unit),
      text: unitText(unit),
      after: node.units.filter((earlier) => waitsFor(unit, earlier)).map(({ name }) => name),
      linked: needsLinks(unit),
    }));
    const input = [`${JSON.stringify(job)}\n`, plugged.then(() => "plugged\n")];
    const command = ["exec", "-i", id, "python3", "-ISc", hostScript("units", "py")];
    const applied = await dockerWithInput(LIMIT_MS, input, ...command);
    mkdirSync(join(this.#folder, node.name), { recursive: true });
    for (const name of lines(applied)) {
      const unit = node.units.find((one) => one.name === name)!;
      // In which container, at which generation, which text.
      const text = `${id} ${generationOf(this.#observed, node, unit)} ${unitDigest(unit)}\n`;
      writeFileSync(join(this.#folder, node.name, name), text);
    }
  }
}

export function unitDigest(unit: UnitPlan): string {
  return createHash("sha256").update(unitText(unit)).digest("hex").slice(0, 12);
}

/** All units but images, which have to be brought from outside, and what waits for them. */
function together(units: readonly UnitPlan[]): UnitPlan[] {
  const images = units.filter(({ kind }) => kind === "image");
  return units.filter((unit) => !images.some((image) => unit === image || waitsFor(unit, image)));
}
