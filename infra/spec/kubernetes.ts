/**
 * What a lab has of Kubernetes' API, under its field names: labels and selectors, namespaces, ports of containers, services (v1)
 * and network policies (networking.k8s.io/v1).
 */
import { z } from "zod";
import { anySubnet, ipv4, name, port } from "./values.ts";

const labelKey = z
  .string()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    "is no label key; use at most 63 letters, digits, -, _ and ., a letter or digit first and last, after a domain and / if you like",
  );
const labelValue = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "is no label value; use at most 63 letters, digits, -, _ and ., a letter or digit first and last",
  );
export const labels = z.record(labelKey, labelValue);

const requirement = z
  .strictObject({
    key: labelKey,
    operator: z.enum(
      ["In", "NotIn", "Exists", "DoesNotExist"],
      "is no operator; choose In, NotIn, Exists or DoesNotExist",
    ),
    values: z.array(labelValue).max(64).optional(),
  })
  .refine(
    ({ operator, values = [] }) => operator.endsWith("In") === values.length > 0,
    "does not fit its operator; give In and NotIn values, Exists and DoesNotExist none",
  );

const labelSelector = z.strictObject(
  { matchLabels: labels.optional(), matchExpressions: z.array(requirement).max(32).optional() },
  {
    error: ({ code }) =>
      code === "unrecognized_keys" ? "is no part of a selector; write labels as matchLabels: {app: web}" : undefined,
  },
);

/** IANA's service names (RFC 6335, 5.1), as Kubernetes has them for ports of containers. */
const portName = z
  .string()
  .regex(
    /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/,
    "is no name of a port; use at most 15 lower-case letters, digits and -, with a letter",
  );
const portOrName = z.union([port, portName], "is neither a port nor the name of one; write 8080 or http");

const protocol = z.enum(["TCP", "UDP", "SCTP"], "is no protocol; choose TCP, UDP or SCTP");

export const containerPort = z.strictObject({
  containerPort: port,
  /** By which services and policies may call it. */
  name: portName.optional(),
  /** Absent: TCP. */
  protocol: protocol.optional(),
});

/** Labels by a namespace's name. */
export const namespaces = z.record(name, labels);

const servicePort = z.strictObject({
  /** Required where there are several. */
  name: name.optional(),
  /** Absent: TCP. */
  protocol: z.enum(["TCP", "UDP"], "is no protocol of services; choose TCP or UDP").optional(),
  port,
  /** Where endpoints listen: a number, or the name of a container's port; absent: on `port`. */
  targetPort: portOrName.optional(),
  /** Every node passes it on by this port of its own, too. */
  nodePort: z
    .int("is no port; use a whole number from 30000 to 32767")
    .min(30_000, "is no node port; use 30000 to 32767")
    .max(32_767, "is no node port; use 30000 to 32767")
    .optional(),
});

export const service = z
  .strictObject({
    name,
    /** Of which its selector chooses; absent: `default`. */
    namespace: name.optional(),
    /** Absent: the lowest of serviceCidr that is free. */
    clusterIP: ipv4.optional(),
    ports: z.array(servicePort).min(1, "is empty; a service needs a port (ports: [{port: 80}])").max(32),
    /** Its endpoints: all pods with these labels. */
    selector: labels.optional(),
    /** Instead: pods by name (host01/web). */
    endpoints: z.array(z.string().min(1, "is empty; name a pod (host01/web)")).max(1000).optional(),
  })
  .refine(({ endpoints, selector }) => !(endpoints && selector), "has endpoints and a selector; keep one of them");

const ipBlock = z.strictObject({ cidr: anySubnet, except: z.array(anySubnet).max(64).optional() });

const peer = z
  .strictObject({
    podSelector: labelSelector.optional(),
    namespaceSelector: labelSelector.optional(),
    ipBlock: ipBlock.optional(),
  })
  .refine(
    (one) => Object.keys(one).length > 0,
    "names nobody; give it a podSelector, a namespaceSelector or an ipBlock",
  )
  .refine(
    (one) => !one.ipBlock || Object.keys(one).length === 1,
    "has an ipBlock and a selector; make two peers of it",
  );

const policyPort = z
  .strictObject({
    /** Absent: TCP. */
    protocol: protocol.optional(),
    /** A number, or the name of a container's port; absent: all ports of the protocol. */
    port: portOrName.optional(),
    /** The last of a range that begins with `port`. */
    endPort: port.optional(),
  })
  .refine(
    ({ port: first, endPort }) => endPort === undefined || typeof first === "number",
    "has an endPort without the number that the range begins with; give port a number",
  )
  .refine(
    ({ port: first, endPort }) => typeof first !== "number" || endPort === undefined || endPort >= first,
    "has an endPort that is smaller than its port; swap them",
  );

const peers = z.array(peer).max(64).optional();
const policyPorts = z.array(policyPort).max(64).optional();

/** An empty list of peers or ports is as good as none: it stands for all. */
export const policy = z.strictObject({
  name,
  /** Whose pods it is for; absent: `default`. */
  namespace: name.optional(),
  /** Absent or empty: all pods of the namespace. */
  podSelector: labelSelector.optional(),
  policyTypes: z
    .array(z.enum(["Ingress", "Egress"], "is no policy type; choose Ingress or Egress"))
    .max(2, "is too long; there are two types, Ingress and Egress")
    .optional(),
  ingress: z
    .array(z.strictObject({ from: peers, ports: policyPorts }))
    .max(64)
    .optional(),
  egress: z
    .array(z.strictObject({ to: peers, ports: policyPorts }))
    .max(64)
    .optional(),
  /** podlab's own. What becomes of packets that are not allowed: Kubernetes leaves it open, its implementations drop. */
  action: z.enum(["drop", "reject"], "is no action; choose drop or reject").optional(),
});

export type Labels = Readonly<z.infer<typeof labels>>;
export type Requirement = z.infer<typeof requirement>;
export type LabelSelector = z.infer<typeof labelSelector>;
export type PolicySpec = z.infer<typeof policy>;
export type PolicyPeerSpec = z.infer<typeof peer>;
export type PolicyPortSpec = z.infer<typeof policyPort>;
export type ServiceSpec = z.infer<typeof service>;
