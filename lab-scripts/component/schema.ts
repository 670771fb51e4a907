/**
 * The component's Pulumi schema, made of the zod schema that reads a lab's file.
 * https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/
 */
import { z } from "zod";
import { labSchema } from "../../infra/spec/spec.ts";
import { given, unlessEmpty } from "../given.ts";
import { podlabVersion } from "../lab/project.ts";

/** As much of JSON Schema as zod makes of a lab's. */
interface Json {
  readonly type?: string;
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly items?: Json;
  readonly additionalProperties?: Json | boolean;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Json[];
}

const OUTPUTS = {
  hosts: {
    description: "Container and address of each host, by its name",
    type: "object",
    additionalProperties: { $ref: "#/types/podlab:index:HostOutput" },
  },
  pods: {
    description: "The address of each pod, by host/pod",
    type: "object",
    additionalProperties: { type: "string" },
  },
  routes: {
    description: "The router's routes: the next hop, or `on link`, by destination",
    type: "object",
    additionalProperties: { type: "string" },
  },
  passed: { description: "How many checks came out as expected, which is all of them", type: "integer" },
  report: { description: "The path of report.json, from the project's folder", type: "string" },
};

const HOST_OUTPUT = {
  type: "object",
  description: "Where a host is",
  properties: {
    container: { type: "string", description: "The name of its container" },
    address: { type: "string", description: "Its IPv4 address" },
  },
  required: ["container", "address"],
};

/** Returns the schema. A key of two types becomes two: Pulumi's languages have no unions of a number and a list. */
export function pulumiSchema(): object {
  const { $defs = {}, ...lab } = z.toJSONSchema(labSchema, { io: "input" }) as Json & { $defs?: Record<string, Json> };
  const { hosts, ipv6, subnets: _, ...others } = lab.properties!;
  const [, list] = hosts!.anyOf!;
  const inputs: Record<string, Json> = {
    hostCount: { type: "integer", description: "The number of hosts, each with podsPerHost pods; 2 unless given" },
    hosts: { ...list, description: "The hosts, instead of hostCount" },
    ipv6: { type: "boolean", description: "IPv6 beside IPv4" },
    ipv6Prefix: {
      type: "string",
      description: "The /48 that IPv6 subnets come from; one made from the lab's name unless given",
    },
    ...others,
  };
  return {
    name: "podlab",
    version: podlabVersion(),
    description: "Labs of Kubernetes pod networking that prove themselves",
    license: "Apache-2.0",
    keywords: ["kubernetes", "networking", "docker", "category/infrastructure", "kind/component"],
    resources: {
      "podlab:index:Lab": {
        isComponent: true,
        description: "A lab of pod networking. It is there when every check of it has come out as expected.",
        inputProperties: mapped(inputs),
        properties: OUTPUTS,
        required: Object.keys(OUTPUTS),
      },
    },
    types: {
      ...Object.fromEntries(Object.entries($defs).map(([id, type]) => [`podlab:index:${id}`, objectType(id, type)])),
      "podlab:index:HostOutput": HOST_OUTPUT,
    },
    language: {
      nodejs: { respectSchemaVersion: true },
      python: { respectSchemaVersion: true },
      go: { respectSchemaVersion: true },
    },
  };
}

/** Returns it as Pulumi's engine asks for it. */
export const pulumiSchemaText = (): string => `${JSON.stringify(pulumiSchema(), undefined, 2)}\n`;

function objectType(id: string, { type, description, properties, required = [] }: Json): object {
  if (type !== "object" || !properties) throw new Error(`${id} is no object; only objects have an id`);
  // What has a default may be left out.
  const needed = required.filter((key) => !("default" in properties[key]!));
  return { type, description, properties: mapped(properties), ...given({ required: unlessEmpty(needed) }) };
}

const mapped = (properties: Readonly<Record<string, Json>>): object =>
  Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      { ...property(key, value), description: value.description },
    ]),
  );

/** @throws Error where a key has a type that Pulumi's schema can't say */
function property(key: string, value: Json): object {
  if (value.$ref) return { $ref: value.$ref.replace("#/$defs/", "#/types/podlab:index:") };
  if (value.anyOf?.every(({ type }) => type === "integer" || type === "string")) return { type: "string" };
  switch (value.type ?? typeof value.enum?.[0]) {
    case "array":
      return { type: "array", items: property(key, value.items!) };
    case "object":
      if (typeof value.additionalProperties !== "object") break;
      return { type: "object", additionalProperties: property(key, value.additionalProperties) };
    case "integer":
    case "boolean":
    case "string":
      return { type: value.type ?? "string" };
    case "number":
      return { type: "integer" };
  }
  throw new Error(`${key} has a type that Pulumi's schema has no word for; give its object an id in infra/spec`);
}
