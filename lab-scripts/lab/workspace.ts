/** The folder that Pulumi works in: the one of Pulumi.yaml. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { writeWhole } from "../report/wholeFile.ts";
import type { LabFile } from "./labFile.ts";
import { HOME, IS_CLONE, isClone, OWN, PROJECT, ROOT, STATE } from "./project.ts";

/** Returns the folder. A clone has a Pulumi.yaml; the npm package writes one into `.podlab` that says the same. */
export async function workspace(): Promise<string> {
  if (isClone(HOME)) return HOME;
  await mkdir(STATE, { recursive: true });
  const project = {
    name: PROJECT,
    description: "Labs of Kubernetes pod networking. podlab writes this file.",
    runtime: { name: "nodejs", options: { typescript: false } },
    main: join(ROOT, "infra", IS_CLONE ? "index.ts" : "index.js"),
    backend: { url: "file://state?metadata=skip" },
    stackConfigDir: "stacks",
    options: { refresh: "always" },
  };
  await writeWhole(join(OWN, "Pulumi.yaml"), stringify(project));
  return OWN;
}

/** Keeps a lab's file where `podlab pulumi` finds it as the stack's config. A clone has its stacks in infra/stacks. */
export async function keepConfig({ stack, text }: LabFile): Promise<void> {
  if (isClone(HOME)) return;
  await mkdir(join(OWN, "stacks"), { recursive: true });
  await writeWhole(join(OWN, "stacks", `Pulumi.${stack}.yaml`), text);
}
