/** What each machine besides the first takes: a provider for its Docker engine, and the image of nodes, which is built once. */
import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import { engineOf } from "../machine/machines.ts";
import type { MachinePlan } from "../plan/plan.ts";
import { engineOption } from "../spec/names.ts";
import type { Survey } from "../survey.ts";
import type { DeclareOptions } from "./lab.ts";

export interface Machine {
  readonly provider: docker.Provider;
  /** Brings the image of nodes. */
  readonly image: local.Command;
}

/** Declares them, by name. @param built builds the image on the first machine */
export function declareMachines(
  machines: readonly MachinePlan[],
  built: local.Command,
  { image }: Survey,
  { parent, prefix = "" }: DeclareOptions,
): ReadonlyMap<string, Machine> {
  return new Map(
    machines.map((machine) => {
      const { host, tls } = engineOf({ machine }).endpoint;
      const provider = new docker.Provider(
        `${prefix}${machine.name}`,
        { host, ...(tls ? { certPath: tls.folder } : {}) },
        { parent },
      );
      const isThere = !image.lacking.has(machine.name);
      const command = new local.Command(
        `${prefix}node-image-on-${machine.name}`,
        {
          create:
            'docker "$ENGINE" image inspect "$IMAGE" > /dev/null 2>&1 || docker save "$IMAGE" | docker "$ENGINE" load --quiet',
          environment: {
            IMAGE: image.name,
            ENGINE: engineOption({ machine })!,
            MISSING: isThere ? "" : new Date().toISOString(),
          },
          addPreviousOutputInEnv: false,
          logging: "none",
        },
        { parent, dependsOn: [built], ignoreChanges: isThere ? ["environment.MISSING"] : [] },
      );
      return [machine.name, { provider, image: command }] as const;
    }),
  );
}
