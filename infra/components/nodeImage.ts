/** The image of all nodes, built where the machine has not got it. */
import { local } from "@pulumi/command";
import type { NodeImage } from "../survey.ts";
import type { DeclareOptions } from "./lab.ts";

/** As it is found from where Pulumi runs Commands: infra. */
const BUILD = "../lab-scripts/node/build.sh";

export function declareNodeImage(
  { name, base, isThere }: NodeImage,
  { parent, prefix = "", place }: DeclareOptions,
): local.Command {
  return new local.Command(
    `${prefix}node-image`,
    {
      create: `docker image inspect "$IMAGE" > /dev/null 2>&1 || sh ${BUILD} "$IMAGE" "$BASE"`,
      // No delete: the next lab starts from it; `npm run clean` removes it.
      environment: { IMAGE: name, BASE: base, MISSING: isThere ? "" : new Date().toISOString() },
      ...(place ? { dir: place.dir } : {}),
      addPreviousOutputInEnv: false,
      logging: "none",
    },
    // Whether it was built for this lab or for another one is no difference.
    { parent, ignoreChanges: isThere ? ["environment.MISSING"] : [] },
  );
}
