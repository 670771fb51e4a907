/** The image of all nodes, named by what goes into it, so that labs and clones share it and an unchanged one is never rebuilt. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { LABEL } from "../model/names.ts";

const CONTEXT = join(import.meta.dirname, "../../lab-scripts/image");

/** `podlab/node:<digest of lab-scripts/image and of the base's name>` */
export function nodeImageName(base: string): string {
  const digest = createHash("sha256").update(base);
  for (const file of files(CONTEXT)) {
    digest.update(`${relative(CONTEXT, file)}\0${statSync(file).mode & 0o111}\0`).update(readFileSync(file));
  }
  return `podlab/node:${digest.digest("hex").slice(0, 12)}`;
}

function files(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * @param base the image to start from: debian:bookworm-slim, or set-up's own where no registry can be reached
 * @param isThere whether the machine's engine has it already
 * @returns its name, known when nodes can be made from it
 */
export function declareNodeImage(base: string, isThere: boolean, parent: pulumi.Resource): pulumi.Input<string> {
  const name = nodeImageName(base);
  const image = new docker.RemoteImage(
    "node-image",
    {
      name,
      build: {
        // Relative, so that the state says nothing about where the project lies.
        context: relative(process.cwd(), CONTEXT),
        buildArgs: { BASE: base },
        labels: { [LABEL.role]: "image" },
      },
      // The next lab starts from it; `npm run clean` removes it.
      keepLocally: true,
    },
    { parent },
  );
  // Nodes need not wait until the provider, too, has seen what is there.
  return isThere ? name : image.name;
}
