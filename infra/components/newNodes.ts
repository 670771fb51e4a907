/**
 * A node that was just made has its units applied in one go: one `docker exec` instead of one a unit, begun while its
 * segment is still being made. Every unit stays a resource of its own, so that each has its own diff, drift and removal: its
 * Command finds a note that it was applied, and is done. Without such a note, whatever the reason, it applies the unit itself.
 */
import type { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { docker as ask, lines } from "../machine/docker.ts";
import { outputInside } from "../machine/inside.ts";
import { generationOf, type Observations } from "../machine/observe.ts";
import type { NodePlan, UnitPlan } from "../model/plan.ts";
import { needsLinks, waitsFor } from "../model/unitOrder.ts";
import { hostScript, unitText } from "./scripts.ts";
import type { UnitFiles } from "./unitFiles.ts";

/** Longer than any wait inside (lab-scripts/host/units.py, engine.sh) and for a segment. */
const LIMIT_MS = 300_000;

export class NewNodes {
  readonly #observed: Observations;
  /** Ids of the containers that were there when the program began. */
  readonly #known: ReadonlySet<string>;
  readonly #files: UnitFiles;

  constructor(files: UnitFiles, observed: Observations, known: ReadonlySet<string>) {
    this.#files = files;
    this.#observed = observed;
    this.#known = known;
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

  async #apply(node: NodePlan, id: string, plugged: Promise<void>): Promise<void> {
    const job = together(node.units).map((unit) => ({
      name: unit.name,
      kind: unit.kind,
      order: unit.order,
      generation: generationOf(this.#observed, node, unit) ?? 1,
      text: unitText(unit),
      spec: unit.spec,
      after: node.units.filter((earlier) => waitsFor(unit, earlier)).map(({ name }) => name),
      linked: needsLinks(unit),
    }));
    const input = [`${JSON.stringify(job)}\n`, plugged.then(() => "plugged\n")];
    const command = ["python3", "-ISc", `${hostScript("new_host", "py")}\n${hostScript("units", "py")}`];
    const applied = await outputInside(LIMIT_MS, id, command, input);
    for (const name of lines(applied)) {
      const unit = node.units.find((one) => one.name === name)!;
      this.#files.writeNote(node, unit, id, generationOf(this.#observed, node, unit) ?? 1);
    }
  }
}

/** All units but images, which have to be brought from outside, and what waits for them. */
function together(units: readonly UnitPlan[]): UnitPlan[] {
  const images = units.filter(({ kind }) => kind === "image");
  return units.filter((unit) => !images.some((image) => unit === image || waitsFor(unit, image)));
}
