/** The image of all nodes. */
import { relative } from "node:path";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { NODE_IMAGE_FILES, nodeImageName } from "../machine/nodeImageName.ts";
import { LABEL } from "../spec/names.ts";

/**
 * @param base the image to start from: debian:trixie-slim, or set-up's own where no registry can be reached
 * @param isThere whether the machine's engine has it already
 * @returns its name, known when nodes can be made from it
 */
export function declareNodeImage(base: string, isThere: boolean, parent: pulumi.Resource): pulumi.Input<string> {
  const name = nodeImageName(base);
  // Relative, so that the state says nothing about where the project lies.
  const context = relative(process.cwd(), NODE_IMAGE_FILES);
  const build = { context, buildArgs: { BASE: base }, labels: { [LABEL.role]: "image" } };
  const image = new docker.RemoteImage(
    // A resource of its own for each: what another was built from would otherwise be taken over with what is ignored below.
    name.replace("podlab/node:", "node-image-"),
    {
      name,
      // The provider would build it once more, layer by layer out of the engine's cache, while the nodes are made.
      ...(isThere ? {} : { build }),
      // The next lab starts from it; `npm run clean` removes it.
      keepLocally: true,
    },
    // Whether it was built for this lab or for another one is no difference.
    { parent, ignoreChanges: isThere ? ["build"] : [] },
  );
  // Nodes need not wait until the provider, too, has seen what is there.
  return isThere ? name : image.name;
}
