/**
 * What a user may write under `podlab:lab` in a stack's config: the shape, value by value. What must hold between
 * values (subnets that don't overlap, names that are unique …) is in rules.ts; what is left out is filled in by resolve.ts.
 */
import { z } from "zod";
import { isIPv6 } from "./address.ts";
import { containerPort, labels, namespaces, policy, service } from "./kubernetes.ts";
import { machine } from "./machines.ts";
import { NETWORK_NAMES } from "./networks.ts";
import { OUTCOMES } from "./outcome.ts";
import {
  anyAddress,
  anySubnet,
  between,
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

const container = z
  .strictObject({
    name: name.describe("The container's name, unique in its pod"),
    image: image
      .optional()
      .describe(
        "Its image; podlab's own unless given, a web server that answers with its name and the client's address",
      ),
    command: z
      .array(text)
      .max(64)
      .refine(([program]) => program !== "", "begins with nothing; write the program first, or leave command out")
      .optional()
      .describe("As in Kubernetes: in place of the image's ENTRYPOINT, and its CMD then does not count"),
    args: z.array(text).max(64).optional().describe("As in Kubernetes: in place of the image's CMD"),
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
      .optional()
      .describe("Environment variables"),
    ports: z
      .array(containerPort)
      .max(16)
      .optional()
      .describe(
        "What it serves; ports of TCP are expected to be open. podlab's own server answers on each, by TCP and UDP",
      ),
  })
  .meta({ id: "Container", description: "An app container of a pod" });

const containers = z.array(container).min(1, "is empty; a pod needs at least one app container").max(16).optional();

const pod = z
  .strictObject({
    name: name.describe("The pod's name, unique on its host"),
    namespace: name.optional().describe("Its namespace; default unless given"),
    address: ipv4.optional().describe("Its IPv4 address; the next free one of the host's pod subnet unless given"),
    address6: ipv6.optional().describe("Its IPv6 address; the next free one unless given"),
    labels: labels.optional().describe("Labels by which services and policies choose pods"),
    containers: containers.describe("Its app containers, which share its network namespace; the lab's unless given"),
  })
  .meta({ id: "Pod", description: "A pause container, and the app containers that share its network namespace" });

const host = z
  .strictObject({
    name: name.describe("The host's name"),
    segment: segment.optional().describe("The IPv4 subnet of the segment that joins the host to the router"),
    address: ipv4.optional().describe("The host's IPv4 address on its segment"),
    podSubnet: podSubnet.optional().describe("The IPv4 subnet of the host's pods"),
    segment6: segment6.optional().describe("The IPv6 subnet of the segment"),
    address6: ipv6.optional().describe("The host's IPv6 address on its segment"),
    podSubnet6: podSubnet6.optional().describe("The IPv6 subnet of the host's pods"),
    machine: name.optional().describe("The machine that it is on; each in turn unless given"),
    pods: z.array(pod).max(200).optional().describe("The host's pods; podsPerHost of them unless given"),
  })
  .meta({ id: "Host", description: "A Docker-in-Docker host with a bridge and a pod subnet" });

/** What the user expects beside what the model computes; names are held against the plan in userExpectations.ts. */
const expectation = z
  .strictObject({
    from: z
      .string()
      .min(1, "is empty; name a pod (host01/web), a host, or *")
      .describe("Who asks: a pod (host01/web), a host, or * for every pod"),
    to: z
      .string()
      .min(1, "is empty; name a pod, a node, host01:cbr0, or an address")
      .describe("Who is asked: a pod, a node, an interface of a node (host01:cbr0), or an address"),
    family: z
      .literal([4, 6], "is no address family; use 4 or 6")
      .optional()
      .describe("The family of addresses, 4 or 6; an address in `to` says its own"),
    protocol: z
      .enum(["icmp", "tcp", "udp"], "is no protocol that podlab probes; choose icmp, tcp or udp")
      .optional()
      .describe("The protocol: icmp, tcp or udp"),
    port: port.optional().describe("The port that is asked"),
    outcome: z
      .enum(OUTCOMES, `is no outcome; choose one of ${OUTCOMES.join(", ")}`)
      .default("ok")
      .describe("What must come of it"),
    sourceSeen: anyAddress.optional().describe("The source address that the target must see"),
    ttl: between(1, 255, "is no TTL; use 1 to 255").optional().describe("The TTL with which the packet must arrive"),
    via: z
      .array(z.string().min(1, "is empty; name a node or an address"))
      .max(64)
      .optional()
      .describe("The routers that the packet must pass, in order"),
  })
  .meta({ id: "Expectation", description: "What you expect beside what the model computes" });

/** BGP has a private number (RFC 6996) for so many hosts and the router. */
const MAX_HOSTS = 1000;
const hostCount = `use 1 to ${MAX_HOSTS} hosts`;

const lab = z.strictObject({
  name: name
    .max(24, "is too long; use at most 24 characters")
    .optional()
    .describe("The lab's name, in the names and labels of all it makes; the stack's unless given"),
  network: z
    .enum(NETWORK_NAMES, `is no kind of pod network; choose one of ${NETWORK_NAMES.join(", ")}`)
    .optional()
    .describe("How pods of different hosts are connected; routed unless given"),
  hosts: z
    .union([
      z
        .int(`is no number of hosts; ${hostCount}`)
        .min(1, `is too few; ${hostCount}`)
        .max(MAX_HOSTS, `is too many; ${hostCount}`),
      z.array(host).min(1, `is empty; ${hostCount}`).max(MAX_HOSTS, `is too long; ${hostCount}`),
    ])
    .describe("The hosts: a number, or a list"),
  machines: z
    .array(machine)
    .min(1, "is empty; list the machines, or remove it")
    .max(MAX_HOSTS, `is too long; use at most ${MAX_HOSTS} machines`)
    .optional()
    .describe(
      "The machines that the lab is spread over, joined as a Docker Swarm; the router and the internet are on the first",
    ),
  mtu: z
    .int("is no number of bytes; use 1280 to 1500")
    .min(1280, "is too small; use at least 1280, which is what IPv6 asks of a link (RFC 8200)")
    .max(1500, "is too large; use at most 1500, which is what Ethernet carries (RFC 894)")
    .optional()
    .describe("The MTU of segments and pods, in bytes: 1500 unless given, and 1450 on several machines"),
  podsPerHost: z
    .int("is no number of pods; use 0 to 200")
    .min(0, "is negative; use 0 or more")
    .max(200, "is too many; use at most 200")
    .optional()
    .describe("How many pods a host without a list of its own has; 2 unless given"),
  containers: containers.describe("The app containers of every pod without a list of its own"),
  subnets: z
    .enum(["auto"], "is no way to choose subnets; write auto, or remove it")
    .optional()
    .describe("auto, which is what is always done with subnets that are left out"),
  podCidr: pool.optional().describe("Where pod subnets that are not given come from; every host gets a /24 of it"),
  segmentPool: pool.optional().describe("Where segments that are not given come from; every host gets a /24 of it"),
  nonMasqueradeCidrs: z
    .array(anySubnet)
    .max(64)
    .optional()
    .describe("Destinations that see a pod's own address; to all others a host masquerades (ip-masq-agent)"),
  ipv6: z
    .union([z.boolean(), ula], "is neither true nor a subnet; write ipv6: true, or a /48 such as fd00:1:2::/48")
    .optional()
    .describe("IPv6 beside IPv4: true for a /48 that is made from the lab's name (RFC 4193), or that /48 itself"),
  namespaces: namespaces.optional().describe("The labels of namespaces, by their names"),
  services: z.array(service).max(100).optional().describe("Services, as kube-proxy makes them with iptables"),
  policies: z.array(policy).max(100).optional().describe("Network policies"),
  serviceCidr: sized(subnet, 8, 28, "an address for each service")
    .optional()
    .describe("Where addresses of services come from; no interface has any of them"),
  masqueradeAll: z
    .boolean()
    .optional()
    .describe("Whether services hide from their endpoints who asks (kube-proxy's --masquerade-all)"),
  router: z
    .strictObject({ masquerade: z.boolean().optional().describe("NAT towards the internet; true unless given") })
    .meta({ id: "Router", description: "The router between the hosts and the internet" })
    .optional()
    .describe("The router"),
  expect: z.array(expectation).max(1000).optional().describe("What you expect beside what the model computes"),
  internet: z
    .strictObject({
      subnet: segment.optional().describe("Its IPv4 subnet"),
      address: ipv4.optional().describe("Its IPv4 address"),
      subnet6: segment6.optional().describe("Its IPv6 subnet"),
      address6: ipv6.optional().describe("Its IPv6 address"),
    })
    .meta({
      id: "Internet",
      description: "A container that plays the internet: it answers with the address that it saw",
    })
    .optional()
    .describe("The lab's internet"),
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
