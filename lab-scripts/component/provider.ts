/** The plugin `pulumi-resource-podlab`: the component Lab for Pulumi programs in every language. */
import type * as pulumi from "@pulumi/pulumi";
import * as provider from "@pulumi/pulumi/provider/index.js";
import { Lab, type LabArgs } from "../../infra/component.ts";
import { podlabVersion } from "../lab/project.ts";
import { pulumiSchemaText } from "./schema.ts";

const TYPE = "podlab:index:Lab";

class PodlabProvider implements provider.Provider {
  readonly version = podlabVersion();
  readonly schema = pulumiSchemaText();

  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<provider.ConstructResult> {
    if (type !== TYPE) throw new Error(`podlab has no resource ${type}; it has ${TYPE}`);
    const lab = new Lab(name, inputs as pulumi.Inputs & LabArgs, options);
    const { urn, hosts, pods, routes, passed, report } = lab;
    return { urn, state: { hosts, pods, routes, passed, report } };
  }
}

/** Serves it, as Pulumi's engine asks: it prints a port, and runs until it is cancelled. @param args of the engine */
export function serve(args: readonly string[]): Promise<void> {
  return provider.main(new PodlabProvider(), [...args]);
}
