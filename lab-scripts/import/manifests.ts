/** Kubernetes' manifests as `kubectl get … -o yaml` prints them, of which only what a lab can have is read. */
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { pathText } from "../../infra/spec/problem.ts";
import { EXIT, Failure } from "../exit.ts";
import type { Notes } from "./notes.ts";

/** What Go writes for a list or a map without entries may be null. */
const maybe = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const list = <T extends z.ZodType>(type: T) => maybe(z.array(type)).transform((value) => value ?? []);
const labels = maybe(z.record(z.string(), z.string())).transform((value) => value ?? {});
const metadata = z.object({
  name: z.string().min(1),
  namespace: maybe(z.string()).transform((value) => value || "default"),
  labels,
});
const portOrName = maybe(z.union([z.number(), z.string()]));
const protocol = maybe(z.enum(["TCP", "UDP", "SCTP"])).transform((value) => value ?? "TCP");

/** What a lab's file says of a protocol: TCP goes without saying. */
export const unlessTcp = <T extends string>(protocol: T) => (protocol === "TCP" ? undefined : protocol);

const selector = maybe(
  z.object({
    matchLabels: maybe(z.record(z.string(), z.string())),
    matchExpressions: maybe(
      z.array(
        z.object({
          key: z.string(),
          operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
          values: maybe(z.array(z.string())),
        }),
      ),
    ),
  }),
);
const peers = list(
  z.object({
    podSelector: selector,
    namespaceSelector: selector,
    ipBlock: maybe(z.object({ cidr: z.string(), except: list(z.string()) })),
  }),
);
const policyPorts = list(z.object({ protocol, port: portOrName, endPort: maybe(z.number()) }));

const node = z.object({
  metadata,
  spec: maybe(z.object({ podCIDR: maybe(z.string()), podCIDRs: list(z.string()) })),
});
const namespace = z.object({ metadata });
const container = z.object({
  name: z.string(),
  image: maybe(z.string()),
  ports: list(z.object({ containerPort: z.number(), name: maybe(z.string()), protocol, hostPort: maybe(z.number()) })),
});
const pod = z.object({
  metadata,
  spec: z.object({
    nodeName: maybe(z.string()),
    hostNetwork: maybe(z.boolean()),
    containers: z.array(container),
  }),
  status: maybe(
    z.object({
      phase: maybe(z.string()),
      podIP: maybe(z.string()),
      podIPs: list(z.object({ ip: z.string() })),
    }),
  ),
});
const service = z.object({
  metadata,
  spec: z.object({
    type: maybe(z.string()),
    clusterIP: maybe(z.string()),
    clusterIPs: list(z.string()),
    selector: labels,
    sessionAffinity: maybe(z.string()),
    externalTrafficPolicy: maybe(z.string()),
    internalTrafficPolicy: maybe(z.string()),
    externalIPs: list(z.string()),
    ports: list(
      z.object({
        name: maybe(z.string()),
        protocol,
        port: z.number(),
        targetPort: portOrName,
        nodePort: maybe(z.number()),
      }),
    ),
  }),
});
const endpointSlice = z.object({
  metadata,
  addressType: z.string(),
  endpoints: list(
    z.object({ addresses: z.array(z.string()), conditions: maybe(z.object({ ready: maybe(z.boolean()) })) }),
  ),
  ports: list(z.object({ name: maybe(z.string()), port: maybe(z.number()), protocol })),
});
const networkPolicy = z.object({
  metadata,
  spec: z.object({
    podSelector: selector,
    policyTypes: maybe(z.array(z.enum(["Ingress", "Egress"]))),
    ingress: maybe(z.array(z.object({ from: peers, ports: policyPorts }))),
    egress: maybe(z.array(z.object({ to: peers, ports: policyPorts }))),
  }),
});

const KINDS = {
  "v1/Node": { schema: node, as: "nodes", noun: "node", namespaced: false },
  "v1/Namespace": { schema: namespace, as: "namespaces", noun: "namespace", namespaced: false },
  "v1/Pod": { schema: pod, as: "pods", noun: "pod", namespaced: true },
  "v1/Service": { schema: service, as: "services", noun: "service", namespaced: true },
  "discovery.k8s.io/v1/EndpointSlice": {
    schema: endpointSlice,
    as: "slices",
    noun: "endpoint slice",
    namespaced: true,
  },
  "networking.k8s.io/v1/NetworkPolicy": { schema: networkPolicy, as: "policies", noun: "policy", namespaced: true },
} as const;

type Item<T extends z.ZodType> = z.infer<T> & {
  /** How notes call it: `pod shop/web`. */
  readonly item: string;
};
export type Pod = Item<typeof pod>;
export type Service = Item<typeof service>;
export type EndpointSlice = Item<typeof endpointSlice>;
export type Policy = Item<typeof networkPolicy>;
export interface Cluster {
  readonly nodes: Item<typeof node>[];
  readonly namespaces: Item<typeof namespace>[];
  readonly pods: Pod[];
  readonly services: Service[];
  readonly slices: EndpointSlice[];
  readonly policies: Policy[];
}

/**
 * Returns what the manifests hold, in their order.
 * @throws Failure (exit code 3) where a text is no YAML
 */
export function readManifests(
  texts: readonly { readonly place: string; readonly text: string }[],
  notes: Notes,
): Cluster {
  const cluster: Cluster = { nodes: [], namespaces: [], pods: [], services: [], slices: [], policies: [] };
  const seen = new Set<string>();
  for (const one of texts.flatMap(objectsOf)) {
    const { apiVersion, kind } = one;
    const named = one.metadata as { name?: unknown; namespace?: unknown } | undefined;
    const full = [named?.namespace, named?.name].filter((part) => typeof part === "string").join("/");
    const known = KINDS[`${apiVersion}/${kind}` as keyof typeof KINDS];
    if (!known) {
      notes.leftOut(
        `${kind ?? "an object without a kind"} ${full}`.trimEnd(),
        `${apiVersion} is no API that podlab knows`,
      );
      continue;
    }
    const parsed = known.schema.safeParse(one);
    if (!parsed.success) {
      const wrong = parsed.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`).join("; ");
      notes.leftOut(`${known.noun} ${full}`.trimEnd(), wrong);
      continue;
    }
    const { name, namespace: space } = parsed.data.metadata;
    const item = `${known.noun} ${known.namespaced ? `${space}/` : ""}${name}`;
    if (seen.has(item)) {
      notes.changed(item, "is given twice; the first one counts");
      continue;
    }
    seen.add(item);
    (cluster[known.as] as object[]).push({ ...parsed.data, item });
  }
  return cluster;
}

type Manifest = Readonly<Record<string, unknown>>;

function objectsOf({ place, text }: { readonly place: string; readonly text: string }): Manifest[] {
  const documents = parseAllDocuments(text);
  return ("empty" in documents ? [] : documents).flatMap((document) => {
    if (document.errors.length > 0) {
      throw new Failure(EXIT.badInput, `${place} is no YAML: ${document.errors[0]!.message.trimEnd()}`);
    }
    return flat(document.toJS(), place);
  });
}

/** `kind: List`, and the lists of one kind that the API gives (PodList), are what they hold. */
function flat(value: unknown, place: string): Manifest[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new Failure(
      EXIT.badInput,
      `${place} holds no Kubernetes manifest; give what \`kubectl get … -o yaml\` prints`,
    );
  }
  const { kind, items, apiVersion } = value as Manifest;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [value as Manifest];
  // Items of a PodList need not say what they are.
  const inner = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
  return items.flatMap((one) => flat(typeof one === "object" && one !== null ? { ...inner, ...one } : one, place));
}
