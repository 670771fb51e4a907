/**
 * What a user may write under `podlab:lab` in a stack's config: the shape, value by value. What must hold between
 * values (subnets that don't overlap, names that are unique …) is in rules.ts; what is left out is filled in by resolve.ts.
 */
import { z } from "zod";
import { isIPv6 } from "./address.ts";
import { containerPort, labels, namespaces, policy, service } from "./kubernetes.ts";
import { NETWORK_NAMES } from "./networks.ts";
import { OUTCOMES } from "./outcome.ts";
import {
  anyAddress,
  anySubnet,
  ipv4,
  ipv6,
  name,
  podSubnet,
  podSubnet6,
  pool,
  port,
  segment,
  segment6,
  sized,
  subnet,
  ula,
} from "./values.ts";

/** An image reference as Docker takes it (distribution/reference). */
const image = z
  .string()
  .max(327)
  .regex(
    /^[a-z0-9]+(?:[._-]+[a-z0-9]+|[:/][a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    "is no image reference; write it as repository:tag (nginx:1.29), or repository@sha256: and 64 digits",
  );

/** An argument or value for a container: any text that the kernel can hand to a process. */
const text = z
  .string()
  .max(4096, "is longer than 4096 characters; put it in an image")
  .refine((value) => !/\p{Cc}/u.test(value), "holds a control character; remove it");

const container = z.strictObject({
  name,
  /** Absent: podlab's own, a web server that answers with its name and the client's address. */
  image: image.optional(),
  /** As in Kubernetes: in place of the image's ENTRYPOINT, and its CMD then does not count. */
  command: z.array(text).max(64).optional(),
  /** As in Kubernetes: in place of the image's CMD. */
  args: z.array(text).max(64).optional(),
  env: z
    .record(
      z
        .string()
        .regex(
          /^[A-Za-z_][A-Za-z0-9_]*$/,
          "is no name of an environment variable; use letters, digits and _, not a digit first",
        ),
      text,
    )
    .optional(),
  /** What it serves; those of TCP are expected to be open. podlab's own server answers on each by TCP and UDP. */
  ports: z.array(containerPort).max(16).optional(),
});

const pod = z.strictObject({
  name,
  /** Absent: `default`. */
  namespace: name.optional(),
  address: ipv4.optional(),
  address6: ipv6.optional(),
  /** By which services and policies choose pods. */
  labels: labels.optional(),
  containers: z.array(container).min(1, "is empty; a pod needs at least one app container").max(16).optional(),
});

const host = z.strictObject({
  name,
  /** The segment that joins the host to the router. */
  segment: segment.optional(),
  address: ipv4.optional(),
  podSubnet: podSubnet.optional(),
  segment6: segment6.optional(),
  address6: ipv6.optional(),
  podSubnet6: podSubnet6.optional(),
  pods: z.array(pod).max(200).optional(),
});

/** What the user expects beside what the model computes; names are held against the plan in userExpectations.ts. */
const expectation = z.strictObject({
  from: z.string().min(1, "is empty; name a pod (host01/web), a host, or *"),
  to: z.string().min(1, "is empty; name a pod, a node, host01:cbr0, or an address"),
  /** 6: to its IPv6 address; an address in `to` says its family itself. */
  family: z.literal([4, 6], "is no address family; use 4 or 6").optional(),
  protocol: z.enum(["icmp", "tcp", "udp"], "is no protocol that podlab probes; choose icmp, tcp or udp").optional(),
  port: port.optional(),
  outcome: z.enum(OUTCOMES, `is no outcome; choose one of ${OUTCOMES.join(", ")}`).default("ok"),
  sourceSeen: anyAddress.optional(),
  ttl: z
    .int("is no TTL; use 1 to 255")
    .min(1, "is no TTL; use 1 to 255")
    .max(255, "is no TTL; use 1 to 255")
    .optional(),
  via: z.array(z.string().min(1, "is empty; name a node or an address")).max(64).optional(),
});

const MAX_HOSTS = 64;
const hostCount = `use 1 to ${MAX_HOSTS} hosts`;

const lab = z.strictObject({
  /** Absent: the stack's name. */
  name: name.max(24, "is too long; use at most 24 characters").optional(),
  /** How pods are connected; a module each in network/. */
  network: z.enum(NETWORK_NAMES, `is no kind of pod network; choose one of ${NETWORK_NAMES.join(", ")}`).optional(),
  hosts: z.union([
    z
      .int(`is no number of hosts; ${hostCount}`)
      .min(1, `is too few; ${hostCount}`)
      .max(MAX_HOSTS, `is too many; ${hostCount}`),
    z.array(host).min(1, `is empty; ${hostCount}`).max(MAX_HOSTS, `is too long; ${hostCount}`),
  ]),
  /** For hosts without a list of pods of their own. */
  podsPerHost: z
    .int("is no number of pods; use 0 to 200")
    .min(0, "is negative; use 0 or more")
    .max(200, "is too many; use at most 200")
    .optional(),
  /** The containers of every pod without a list of its own. */
  containers: z.array(container).min(1, "is empty; a pod needs at least one app container").max(16).optional(),
  /** What is always done with subnets that are left out (freeSubnets.ts). */
  subnets: z.enum(["auto"], "is no way to choose subnets; write auto, or remove it").optional(),
  /** Where pod subnets and segments that are not given are taken from. */
  podCidr: pool.optional(),
  segmentPool: pool.optional(),
  /** Destinations that see a pod's own address; to all others a host masquerades (ip-masq-agent's name for it). */
  nonMasqueradeCidrs: z.array(anySubnet).max(64).optional(),
  /** IPv6 beside IPv4. `true`: addresses come from a /48 made from the lab's name (RFC 4193); or that /48 itself. */
  ipv6: z
    .union([z.boolean(), ula], "is neither true nor a subnet; write ipv6: true, or a /48 such as fd00:1:2::/48")
    .optional(),
  /** Those that have labels of their own, or no pods. All that pods are in exist anyway. */
  namespaces: namespaces.optional(),
  services: z.array(service).max(100).optional(),
  policies: z.array(policy).max(100).optional(),
  /** Where services' addresses are taken from. No interface has any of them. */
  serviceCidr: sized(subnet, 8, 28, "an address for each service").optional(),
  /** Services hide from their endpoints who asks, wherever it asks from (kube-proxy's --masquerade-all). */
  masqueradeAll: z.boolean().optional(),
  router: z.strictObject({ masquerade: z.boolean().optional() }).optional(),
  expect: z.array(expectation).max(1000).optional(),
  internet: z
    .strictObject({
      subnet: segment.optional(),
      address: ipv4.optional(),
      subnet6: segment6.optional(),
      address6: ipv6.optional(),
    })
    .optional(),
});

export const labSchema = lab.superRefine((spec, context) => {
  if (spec.ipv6) return;
  for (const path of placesOfIPv6(spec)) {
    context.addIssue({
      code: "custom",
      path,
      message: "is of IPv6, which the lab has not; add ipv6: true, or remove it",
    });
  }
});

/** Where a spec speaks of IPv6: keys that end in 6, subnets written with colons, family 6. */
function placesOfIPv6(spec: z.infer<typeof lab>): (string | number)[][] {
  const keys = (path: (string | number)[], values: object) =>
    Object.keys(values).flatMap((key) => (key.endsWith("6") ? [[...path, key]] : []));
  const hosts = typeof spec.hosts === "number" ? [] : spec.hosts;
  return [
    ...hosts.flatMap((host, at) => [
      ...keys(["hosts", at], host),
      ...(host.pods ?? []).flatMap((pod, number) => keys(["hosts", at, "pods", number], pod)),
    ]),
    ...keys(["internet"], spec.internet ?? {}),
    ...(spec.nonMasqueradeCidrs ?? []).flatMap((cidr, at) => (isIPv6(cidr) ? [["nonMasqueradeCidrs", at]] : [])),
    ...(spec.expect ?? []).flatMap(({ family }, at) => (family === 6 ? [["expect", at, "family"]] : [])),
  ];
}

/** The lab as the user wrote it. */
export type LabSpec = z.infer<typeof labSchema>;
export type ExpectSpec = z.infer<typeof expectation>;
export type HostSpec = z.infer<typeof host>;
export type PodSpec = z.infer<typeof pod>;
export type ContainerSpec = z.infer<typeof container>;
