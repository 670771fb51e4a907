/** Services of a cluster as services of a lab. */
import { isIPv6, isSubnet, Subnet } from "../../infra/spec/address.ts";
import type { ServiceSpec } from "../../infra/spec/kubernetes.ts";
import { DEFAULTS } from "../../infra/spec/resolve.ts";
import { ipv4 } from "../../infra/spec/values.ts";
import { given } from "../given.ts";
import type { EndpointSlice, Service } from "./manifests.ts";
import { Names } from "./names.ts";
import type { Notes } from "./notes.ts";

const SERVICE_NAME = "kubernetes.io/service-name";

/** Returns the services that have an address of their own. */
export function servicesWithAddress(services: readonly Service[], notes: Notes): Service[] {
  return services.filter(({ item, spec }) => {
    const why =
      spec.type === "ExternalName"
        ? "it is a name for something outside (ExternalName)"
        : spec.clusterIP === "None"
          ? "it is headless, without an address"
          : undefined;
    if (why !== undefined) notes.leftOut(item, why);
    return why === undefined;
  });
}

interface Context {
  readonly names: Names;
  readonly namespace: string;
  readonly slices: readonly EndpointSlice[];
  /** Pods of the lab (host01/web) by the addresses that they have in the cluster. */
  readonly podAt: ReadonlyMap<string, string>;
}

/** Returns a service of the lab; undefined where none of its ports can be had. */
export function serviceOf(
  { metadata, spec, item }: Service,
  { names, namespace, slices, podAt }: Context,
  notes: Notes,
): ServiceSpec | undefined {
  const ports = spec.ports.filter(({ protocol, port }) => {
    if (protocol === "SCTP") notes.changed(item, `port ${port} is left out, for it is of SCTP`);
    return protocol !== "SCTP";
  });
  if (ports.length === 0) {
    notes.leftOut(item, "it has no port of TCP or UDP");
    return undefined;
  }
  const name = notes.called(item, metadata.name, names.take(metadata.name, metadata.namespace));
  tellIgnored({ spec, item }, notes);
  const addresses = [spec.clusterIP, ...spec.clusterIPs].flatMap((address) => address || []);
  if (addresses.some(isIPv6)) notes.changed(item, "its IPv6 address is left out, for the lab has IPv4 only");
  const clusterIP = addresses.find((address) => ipv4.safeParse(address).success);
  if (clusterIP === undefined) notes.changed(item, "has no IPv4 address (clusterIP); one is chosen");
  const selects = Object.keys(spec.selector).length > 0;
  const own = selects ? [] : slicesOf({ metadata, item }, slices, notes);
  const portNames = new Names();
  return {
    name,
    namespace,
    ...given({ clusterIP }),
    ports: ports.map(({ name: portName, protocol, port, targetPort, nodePort }) => {
      // Without a selector it is the slice that says where endpoints listen.
      const slicePort = own.flatMap((slice) => slice.ports).find((one) => (one.name ?? "") === (portName ?? ""))?.port;
      const called = portName === undefined || portName === "" ? undefined : portNames.take(portName);
      if (called !== undefined && called !== portName)
        notes.changed(item, `port ${portName} is called ${called} in the lab`);
      return {
        ...given({ name: called, protocol: protocol === "UDP" ? protocol : undefined }),
        port,
        ...given({ targetPort: slicePort ?? targetPort, nodePort: nodePort || undefined }),
      };
    }),
    ...(selects ? { selector: spec.selector } : { endpoints: endpointsOf(item, own, podAt, notes) }),
  };
}

function tellIgnored({ spec, item }: Pick<Service, "spec" | "item">, notes: Notes): void {
  if (spec.type === "LoadBalancer")
    notes.changed(item, "its load balancer is left out; its cluster address and node ports are kept");
  if (spec.externalIPs.length > 0) notes.changed(item, "its externalIPs are left out");
  if (spec.sessionAffinity === "ClientIP") notes.changed(item, "its sessionAffinity is left out");
  for (const key of ["externalTrafficPolicy", "internalTrafficPolicy"] as const) {
    if (spec[key] === "Local") notes.changed(item, `its ${key} is left out; the lab asks endpoints of every host`);
  }
}

function slicesOf(
  { metadata, item }: Pick<Service, "metadata" | "item">,
  slices: readonly EndpointSlice[],
  notes: Notes,
): EndpointSlice[] {
  const own = slices.filter(
    (one) => one.metadata.namespace === metadata.namespace && one.metadata.labels[SERVICE_NAME] === metadata.name,
  );
  for (const one of own.filter(({ addressType }) => addressType !== "IPv4")) {
    notes.leftOut(one.item, `its addresses are of type ${one.addressType}, and the lab has IPv4 only`);
  }
  if (own.length === 0) notes.changed(item, "has neither a selector nor an EndpointSlice, so it has no endpoints");
  return own.filter(({ addressType }) => addressType === "IPv4");
}

function endpointsOf(
  item: string,
  slices: readonly EndpointSlice[],
  podAt: ReadonlyMap<string, string>,
  notes: Notes,
): string[] {
  const addresses = slices
    .flatMap(({ endpoints }) => endpoints)
    .flatMap(({ addresses: those, conditions }) => {
      if (conditions?.ready !== false) return those;
      notes.changed(item, `endpoint ${those.join(", ")} is left out, for it is not ready`);
      return [];
    });
  const pods = addresses.flatMap((address) => {
    const pod = podAt.get(address);
    if (pod === undefined) notes.changed(item, `endpoint ${address} is left out, for it is no pod of the lab`);
    return pod ?? [];
  });
  return [...new Set(pods)];
}

/** Says which slices are of no service that is there. */
export function tellOrphans(slices: readonly EndpointSlice[], services: readonly Service[], notes: Notes): void {
  const known = new Set(services.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`));
  for (const { metadata, item } of slices) {
    const of = metadata.labels[SERVICE_NAME];
    if (of === undefined) notes.leftOut(item, `it has no label ${SERVICE_NAME}`);
    else if (!known.has(`${metadata.namespace}/${of}`)) notes.leftOut(item, `service ${of} is not among the manifests`);
  }
}

/** Returns a range that all addresses of services lie in and no pod subnet does, which manifests don't tell. */
export function serviceCidrOf(addresses: readonly string[], podSubnets: readonly string[]): string | undefined {
  const [first] = addresses;
  if (first === undefined) return undefined;
  const lengths = [16, ...Array.from({ length: 21 }, (_, n) => 28 - n)];
  const fits = [DEFAULTS.serviceCidr, ...lengths.map((prefix) => `${first}/${prefix}`)]
    .filter(isSubnet)
    .map((cidr) => new Subnet(cidr))
    .filter((range) => addresses.every((address) => range.usable(address)));
  return fits.find((range) => !podSubnets.some((one) => new Subnet(one).overlaps(range)))?.toString();
}
