/** What a lab has on the machine, found by its labels and by nothing else: neither state nor config is needed. */
import { docker, lines } from "../../infra/machine/docker.ts";
import { LABEL } from "../../infra/model/names.ts";

export interface LabObjects {
  readonly containers: readonly { id: string; name: string; lab: string; running: boolean }[];
  readonly networks: readonly { id: string; name: string; lab: string }[];
}

/** @param lab one lab's objects; those of every lab when left out */
export async function labObjects(lab?: string): Promise<LabObjects> {
  const filter = ["--filter", `label=${LABEL.lab}${lab === undefined ? "" : `=${lab}`}`];
  const owner = `{{.Label "${LABEL.lab}"}}`;
  const [containers, networks] = await Promise.all([
    docker("ps", "--all", "--no-trunc", ...filter, "--format", `{{.ID}}\t{{.Names}}\t${owner}\t{{.State}}`),
    docker("network", "ls", "--no-trunc", ...filter, "--format", `{{.ID}}\t{{.Name}}\t${owner}`),
  ]);
  return {
    containers: rows(containers).map(([id, name, of, state]) => ({ id, name, lab: of, running: state === "running" })),
    networks: rows(networks).map(([id, name, of]) => ({ id, name, lab: of })),
  };
}

function rows(text: string): [string, string, string, string][] {
  return lines(text).map((line) => {
    const [a = "", b = "", c = "", d = ""] = line.split("\t");
    return [a, b, c, d];
  });
}
