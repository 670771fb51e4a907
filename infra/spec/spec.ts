/**
 * What a user may write under `podlab:lab` in a stack's config: the shape, value by value. What must hold between
 * values (subnets that don't overlap, names that are unique …) is in rules.ts; what is left out is filled in by resolve.ts.
 */
import { z } from "zod";
import { canonical, isIPv6, isSubnet, Subnet } from "./address.ts";
import { NETWORK_NAMES } from "./networks.ts";
import { OUTCOMES } from "./outcome.ts";

/**
 * A DNS label (RFC 1123) that starts with a letter. Names end up in host names, container names, file names and
 * arguments of commands; a name of this shape is harmless in all of them.
 */
const NAME = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const name = z
  .string()
  .regex(NAME, "is no name; use lower-case letters, digits and -, start with a letter, at most 40 characters (web-1)");

/** An image reference as Docker takes it (distribution/reference), without digest. */
const image = z
  .string()
  .max(255)
  .regex(
    /^[a-z0-9]+(?:[._-]+[a-z0-9]+|[:/][a-z0-9]+)*(?::[\w][\w.-]{0,127})?$/,
    "is no image reference; write it as repository:tag (nginx:1.29)",
  );

/** An argument or value for a container: any text that the kernel can hand to a process. */
const text = z
  .string()
  .max(4096, "is longer than 4096 characters; put it in an image")
  .refine((value) => !/\p{Cc}/u.test(value), "holds a control character; remove it");

const ipv4 = z.ipv4("is no IPv4 address; write four numbers from 0 to 255 without leading zeros (192.168.20.2)");

const ipv6 = z.ipv6("is no IPv6 address; write it like fd00:20::2");

const whole = (cidr: string, context: z.RefinementCtx<string>) => {
  if (!isSubnet(cidr)) return;
  const [address = "", prefix] = cidr.split("/");
  if (`${canonical(address)}/${prefix}` === new Subnet(cidr).toString()) return;
  context.addIssue({ code: "custom", message: `has bits set right of its prefix; write ${new Subnet(cidr)}` });
};

const subnet = z
  .cidrv4("is no IPv4 subnet; write it as address/prefix without leading zeros (192.168.20.0/24)")
  .superRefine(whole);

const subnet6 = z
  .cidrv6("is no IPv6 subnet; write it as address/prefix (fd00:20::/64)")
  .refine(isSubnet, "is no IPv6 subnet; write it as address/prefix (fd00:20::/64)")
  .superRefine(whole);

/** A subnet of a size that the lab can use. */
const sized = (family: z.ZodType<string>, shortest: number, longest: number, why: string) =>
  family.refine((cidr) => {
    const prefix = Number(cidr.split("/")[1]);
    return prefix >= shortest && prefix <= longest;
  }, `has no usable size; choose a prefix from /${shortest} to /${longest} (${why})`);

const segment = sized(
  subnet,
  16,
  29,
  "router, node, one address that Docker's IPAM keeps, network and broadcast address",
);
const podSubnet = sized(subnet, 16, 30, "the bridge and at least one pod, network and broadcast address");
const pool = sized(subnet, 8, 24, "every host gets a /24 of it");
const segment6 = sized(subnet6, 48, 126, "router and node");
const podSubnet6 = sized(subnet6, 48, 126, "the bridge and at least one pod");
const ula = sized(subnet6, 48, 48, "every host gets two /64 of it");

/** Zod can't tell which family was meant; the colon does. */
const anySubnet = z.string().superRefine((cidr, context) => {
  const { error } = (isIPv6(cidr) ? subnet6 : subnet).safeParse(cidr);
  for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
});

const anyAddress = z.string().superRefine((address, context) => {
  const { error } = (isIPv6(address) ? ipv6 : ipv4).safeParse(address);
  for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
});

const port = z
  .int("is no port; use a whole number from 1 to 65535")
  .min(1, "is no port; use 1 to 65535")
  .max(65535, "is no port; use 1 to 65535");

const container = z.strictObject({
  name,
  /** Absent: podlab's own, a web server that answers with its name and the client's address. */
  image: image.optional(),
  command: z.array(text).max(64).optional(),
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
  /** The TCP port it serves; expected to be open. */
  port: port.optional(),
});

/** A label's value as Kubernetes has it. */
const labelValue = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "is no label value; use at most 63 letters, digits, -, _ and ., a letter or digit first and last",
  );
const labels = z.record(
  z
    .string()
    .regex(
      /^[A-Za-z0-9](?:[A-Za-z0-9_./-]{0,61}[A-Za-z0-9])?$/,
      "is no label key; use at most 63 letters, digits, -, _, . and /, a letter or digit first and last",
    ),
  labelValue,
);

const pod = z.strictObject({
  name,
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

const MOST_ENDPOINTS = 99;

const service = z
  .strictObject({
    name: name.max(14, "is too long; use at most 14 characters, for names of iptables chains are made of it"),
    /** Its ClusterIP; absent: the lowest of serviceCidr that is free. */
    address: ipv4.optional(),
    port,
    /** Where its endpoints listen; absent: on `port`. */
    targetPort: port.optional(),
    protocol: z
      .enum(["tcp", "udp"], "is no protocol of services; choose tcp or udp, or leave it out for both")
      .optional(),
    /** Its endpoints: pods by name (host01/web), or all pods with these labels. */
    endpoints: z.array(z.string().min(1, "is empty; name a pod (host01/web)")).max(MOST_ENDPOINTS).optional(),
    selector: labels.optional(),
    /** Every node passes it on by this port of its own, too. */
    nodePort: z
      .int("is no port; use a whole number from 30000 to 32767")
      .min(30_000, "is no node port; use 30000 to 32767")
      .max(32_767, "is no node port; use 30000 to 32767")
      .optional(),
  })
  .refine(({ endpoints, selector }) => !(endpoints && selector), "has endpoints and a selector; keep one of them");

/** Who may be spoken to, or may speak: pods by their labels, or a range of addresses (NetworkPolicyPeer). */
const peer = z
  .strictObject({
    podSelector: labels.optional(),
    cidr: subnet.optional(),
    /** Of `cidr`. */
    except: z.array(subnet).max(16).optional(),
  })
  .refine(
    ({ podSelector, cidr }) => (podSelector === undefined) !== (cidr === undefined),
    "has no podSelector and no cidr, or both; give one of them",
  )
  .refine(
    ({ cidr, except }) => !except || cidr,
    "has an except without a cidr; it is of a cidr that something is excepted",
  );

const policyPort = z.strictObject({
  /** As in Kubernetes: tcp when absent. */
  protocol: z.enum(["tcp", "udp"], "is no protocol of policies; choose tcp or udp").optional(),
  port,
});

const peers = z.array(peer).min(1, "is empty, which nobody fits; leave it out for everybody").max(32).optional();
const policyPorts = z
  .array(policyPort)
  .min(1, "is empty, which nothing fits; leave it out for everything")
  .max(32)
  .optional();

/** In the spirit of Kubernetes' NetworkPolicy (networking.k8s.io/v1). */
const policy = z.strictObject({
  name,
  /** The pods that it is for; the empty one chooses all. */
  podSelector: labels,
  /** Which directions are closed but for what is allowed; absent: ingress, and egress where there are egress rules. */
  policyTypes: z
    .array(z.enum(["ingress", "egress"], "is no direction; choose ingress or egress"))
    .min(1, "is empty, so the policy is for nothing; name ingress, egress or both")
    .max(2)
    .optional(),
  ingress: z
    .array(z.strictObject({ from: peers, ports: policyPorts }))
    .max(32)
    .optional(),
  egress: z
    .array(z.strictObject({ to: peers, ports: policyPorts }))
    .max(32)
    .optional(),
  /** What becomes of packets that are not allowed: Kubernetes leaves it open, its implementations drop. */
  action: z.enum(["drop", "reject"], "is no action; choose drop or reject").optional(),
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
  /** Where pod subnets and segments that are not given are taken from. */
  /** `auto`: segmentPool and internet.subnet are chosen for this machine (autoSubnets.ts), before this is read. */
  subnets: z.enum(["auto"], "is no way to choose subnets; write auto, or remove it").optional(),
  podCidr: pool.optional(),
  segmentPool: pool.optional(),
  /** Destinations that see a pod's own address; to all others a host masquerades (ip-masq-agent's name for it). */
  nonMasqueradeCidrs: z.array(anySubnet).max(64).optional(),
  /** IPv6 beside IPv4. `true`: addresses come from a /48 made from the lab's name (RFC 4193); or that /48 itself. */
  ipv6: z
    .union([z.boolean(), ula], "is neither true nor a subnet; write ipv6: true, or a /48 such as fd00:1:2::/48")
    .optional(),
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
export type PolicySpec = z.infer<typeof policy>;
export type PolicyPeerSpec = z.infer<typeof peer>;
export type ServiceSpec = z.infer<typeof service>;
export type HostSpec = z.infer<typeof host>;
export type PodSpec = z.infer<typeof pod>;
export type ContainerSpec = z.infer<typeof container>;
