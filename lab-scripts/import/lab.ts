/** A cluster's manifests as a lab's file. */
import { stringify } from "yaml";
import { Subnet } from "../../infra/spec/address.ts";
import { podId } from "../../infra/spec/names.ts";
import { SpecError } from "../../infra/spec/problem.ts";
import { DEFAULTS } from "../../infra/spec/resolve.ts";
import type { LabSpec } from "../../infra/spec/spec.ts";
import { EXIT, Failure } from "../exit.ts";
import { given, unlessEmpty } from "../given.ts";
import { labOf } from "../lab/stackSpec.ts";
import { addressOf, hostsOf } from "./hosts.ts";
import { type Cluster, readManifests } from "./manifests.ts";
import { mend } from "./mend.ts";
import { Names } from "./names.ts";
import { Notes } from "./notes.ts";
import { podOf, podsThatRun, portsAsked } from "./pods.ts";
import { policyOf } from "./policies.ts";
import { serviceCidrOf, serviceOf, servicesWithAddress, tellOrphans } from "./services.ts";

const HEAD = `# Imported from Kubernetes manifests by \`podlab import\`.
# Every key: docs/configuration.md in the package podlab
`;

export interface Imported {
  /** The lab's file, which podlab takes. */
  readonly text: string;
  /** What was left out or changed, a line each. */
  readonly notes: readonly string[];
}

/**
 * Returns the lab's file.
 * @param stack the lab's name
 * @throws Failure (exit code 3) where a text is no YAML or there is no node in any; SpecError (exit code 3) where podlab would refuse the lab
 */
export function importLab(
  texts: readonly { readonly place: string; readonly text: string }[],
  stack: string,
): Imported {
  const notes = new Notes();
  const items = new Map<unknown, string>();
  const spec = specOf(readManifests(texts, notes), items, notes);
  for (;;) {
    const text = HEAD + stringify({ config: { "podlab:lab": spec } }, { aliasDuplicateObjects: false, lineWidth: 120 });
    try {
      labOf({ stack, place: "the imported lab", text });
      return { text, notes: notes.lines };
    } catch (error) {
      if (!(error instanceof SpecError) || !mend(spec, error.problems, items, notes)) throw error;
    }
  }
}

/** @param items receives how notes call the parts of the lab */
function specOf(cluster: Cluster, items: Map<unknown, string>, notes: Notes): LabSpec {
  const running = podsThatRun(cluster.pods, notes);
  const services = servicesWithAddress(cluster.services, notes);
  const hosts = hostsOf(cluster, running, notes);
  if (hosts.size === 0) {
    const why = notes.lines.map((line) => `\n  ${line}`).join("");
    throw new Failure(EXIT.badInput, `there is neither a Node nor a Pod that runs on one in the manifests${why}`);
  }
  const { nameOf, namespaces } = namespacesOf(cluster, [...running, ...services, ...cluster.policies], notes);
  const named = <T extends object>(part: T, item: string): T => {
    items.set(part, item);
    return part;
  };

  const podAt = new Map<string, string>();
  const namesOn = new Map([...hosts.keys()].map((node) => [node, new Names()]));
  for (const pod of running) {
    const host = hosts.get(pod.spec.nodeName!)!;
    const asked = portsAsked(pod, services);
    const context = { names: namesOn.get(pod.spec.nodeName!)!, namespace: nameOf(pod.metadata.namespace), asked };
    const made = named(podOf(pod, context, notes), pod.item);
    const address = addressOf(pod);
    if (address !== undefined) podAt.set(address, podId(host.name, made.name));
    host.pods.push(made);
  }
  for (const [node, host] of hosts) named(host, `node ${node}`);

  tellOrphans(cluster.slices, cluster.services, notes);
  const serviceNames = new Names();
  const madeServices = services.flatMap((service) => {
    const context = {
      names: serviceNames,
      namespace: nameOf(service.metadata.namespace),
      slices: cluster.slices,
      podAt,
    };
    const made = serviceOf(service, context, notes);
    return made ? [named(made, service.item)] : [];
  });

  const policyNames = new Map<string, Names>();
  const policies = cluster.policies.map((policy) => {
    const { namespace } = policy.metadata;
    const names = policyNames.get(namespace) ?? new Names();
    policyNames.set(namespace, names);
    return named(policyOf(policy, { names, namespace: nameOf }, notes), policy.item);
  });

  const podSubnets = [...hosts.values()].flatMap(({ podSubnet }) => podSubnet ?? []);
  const serviceCidr = serviceCidrOf(
    madeServices.flatMap(({ clusterIP }) => clusterIP ?? []),
    podSubnets,
  );
  // Pods of a cluster see each other's addresses, whatever ranges these are of.
  const seen = podSubnets.filter(
    (subnet) => !DEFAULTS.nonMasqueradeCidrs.some((range) => new Subnet(range).contains(new Subnet(subnet))),
  );
  return {
    hosts: [...hosts.values()],
    namespaces,
    ...given({
      nonMasqueradeCidrs: seen.length > 0 ? [...DEFAULTS.nonMasqueradeCidrs, ...seen] : undefined,
      serviceCidr,
      services: unlessEmpty(madeServices),
      policies: unlessEmpty(policies),
    }),
  };
}

/** Returns the namespaces of the lab with their labels, and by what name each of them goes there. */
function namespacesOf(
  cluster: Cluster,
  inThem: readonly { readonly metadata: { readonly namespace: string }; readonly item: string }[],
  notes: Notes,
) {
  const names = new Names();
  const byName = new Map<string, string>();
  const namespaces: NonNullable<LabSpec["namespaces"]> = {};
  const add = (name: string, labels: Record<string, string>) => {
    const called = notes.called(`namespace ${name}`, name, names.take(name));
    byName.set(name, called);
    const { "kubernetes.io/metadata.name": _, ...own } = labels;
    namespaces[called] = own;
  };
  for (const { metadata } of cluster.namespaces) add(metadata.name, metadata.labels);
  for (const { metadata, item } of inThem) {
    if (byName.has(metadata.namespace)) continue;
    notes.changed(`namespace ${metadata.namespace}`, `is not among the manifests; made for ${item}, without labels`);
    add(metadata.namespace, {});
  }
  return { namespaces, nameOf: (name: string) => byName.get(name) ?? name };
}
