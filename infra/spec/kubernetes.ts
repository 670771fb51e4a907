/**
 * What a lab has of Kubernetes' API, under its field names: labels and selectors, namespaces, ports of containers, services (v1)
 * and network policies (networking.k8s.io/v1).
 */
import { z } from "zod";
import { anySubnet, between, ipv4, name, port } from "./values.ts";

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
    key: labelKey.describe("The label's key"),
    operator: z
      .enum(["In", "NotIn", "Exists", "DoesNotExist"], "is no operator; choose In, NotIn, Exists or DoesNotExist")
      .describe("In, NotIn, Exists or DoesNotExist"),
    values: z.array(labelValue).max(64).optional().describe("The values, for In and NotIn"),
  })
  .refine(
    ({ operator, values = [] }) => operator.endsWith("In") === values.length > 0,
    "does not fit its operator; give In and NotIn values, Exists and DoesNotExist none",
  )
  .meta({ id: "LabelSelectorRequirement", description: "What must hold of one label" });

const labelSelector = z
  .strictObject(
    {
      matchLabels: labels.optional().describe("Labels that must be there"),
      matchExpressions: z.array(requirement).max(32).optional().describe("What must hold of labels, all of it"),
    },
    {
      error: ({ code }) =>
        code === "unrecognized_keys" ? "is no part of a selector; write labels as matchLabels: {app: web}" : undefined,
    },
  )
  .meta({ id: "LabelSelector", description: "Chooses by labels; the empty one chooses all" });

/** IANA's service names (RFC 6335, 5.1), as Kubernetes has them for ports of containers. */
const portName = z
  .string()
  .regex(
    /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/,
    "is no name of a port; use at most 15 lower-case letters, digits and -, with a letter",
  );
const portOrName = z.union([port, portName], "is neither a port nor the name of one; write 8080 or http");

const protocol = z.enum(["TCP", "UDP", "SCTP"], "is no protocol; choose TCP, UDP or SCTP");

export const containerPort = z
  .strictObject({
    containerPort: port.describe("The port"),
    name: portName.optional().describe("The name by which services and policies may call it"),
    protocol: protocol.optional().describe("TCP unless given"),
  })
  .meta({ id: "ContainerPort", description: "A port that a container serves" });

/** Labels by a namespace's name. */
export const namespaces = z.record(name, labels);

/** Kubernetes' own range (--service-node-port-range). */
const nodePort = between(
  30_000,
  32_767,
  "is no node port; use 30000 to 32767",
  "is no port; use a whole number from 30000 to 32767",
);

const servicePort = z
  .strictObject({
    name: name.optional().describe("Its name, required where there are several"),
    protocol: z
      .enum(["TCP", "UDP"], "is no protocol of services; choose TCP or UDP")
      .optional()
      .describe("TCP unless given"),
    port: port.describe("The port of the service's address"),
    targetPort: portOrName
      .optional()
      .describe("Where endpoints listen: a number, or the name of a container's port; `port` unless given"),
    nodePort: nodePort.optional().describe("A port of every node that leads to the service, too"),
  })
  .meta({ id: "ServicePort", description: "A port of a service" });

export const service = z
  .strictObject({
    name: name.describe("The service's name"),
    namespace: name.optional().describe("The namespace that its selector chooses from; default unless given"),
    clusterIP: ipv4.optional().describe("Its address; the lowest free one of serviceCidr unless given"),
    ports: z
      .array(servicePort)
      .min(1, "is empty; a service needs a port (ports: [{port: 80}])")
      .max(32)
      .describe("Its ports"),
    selector: labels.optional().describe("Its endpoints: all pods with these labels"),
    endpoints: z
      .array(z.string().min(1, "is empty; name a pod (host01/web)"))
      .max(1000)
      .optional()
      .describe("Its endpoints by name (host01/web), instead of a selector"),
  })
  .refine(({ endpoints, selector }) => !(endpoints && selector), "has endpoints and a selector; keep one of them")
  .meta({ id: "Service", description: "One address for several pods (Service v1)" });

const ipBlock = z
  .strictObject({
    cidr: anySubnet.describe("A range of addresses"),
    except: z.array(anySubnet).max(64).optional().describe("Ranges in it that are left out"),
  })
  .meta({ id: "IPBlock", description: "A range of addresses" });

const peer = z
  .strictObject({
    podSelector: labelSelector.optional().describe("Pods, of the policy's namespace or of those that are selected"),
    namespaceSelector: labelSelector.optional().describe("Namespaces"),
    ipBlock: ipBlock.optional().describe("Addresses, instead of a selector"),
  })
  .refine(
    (one) => Object.keys(one).length > 0,
    "names nobody; give it a podSelector, a namespaceSelector or an ipBlock",
  )
  .refine((one) => !one.ipBlock || Object.keys(one).length === 1, "has an ipBlock and a selector; make two peers of it")
  .meta({ id: "NetworkPolicyPeer", description: "Who may be spoken to, or may speak" });

const policyPort = z
  .strictObject({
    protocol: protocol.optional().describe("TCP unless given"),
    port: portOrName
      .optional()
      .describe("A number, or the name of a container's port; all ports of the protocol unless given"),
    endPort: port.optional().describe("The last of a range that begins with `port`"),
  })
  .refine(
    ({ port: first, endPort }) => endPort === undefined || typeof first === "number",
    "has an endPort without the number that the range begins with; give port a number",
  )
  .refine(
    ({ port: first, endPort }) => typeof first !== "number" || endPort === undefined || endPort >= first,
    "has an endPort that is smaller than its port; swap them",
  )
  .meta({ id: "NetworkPolicyPort", description: "Ports that are allowed" });

const peers = z.array(peer).max(64).optional();
const policyPorts = z.array(policyPort).max(64).optional().describe("On which ports; all unless given");

/** An empty list of peers or ports is as good as none: it stands for all. */
export const policy = z
  .strictObject({
    name: name.describe("The policy's name"),
    namespace: name.optional().describe("The namespace whose pods it is for; default unless given"),
    podSelector: labelSelector
      .optional()
      .describe("The pods that it is for; all pods of the namespace where it is absent or empty"),
    policyTypes: z
      .array(z.enum(["Ingress", "Egress"], "is no policy type; choose Ingress or Egress"))
      .max(2, "is too long; there are two types, Ingress and Egress")
      .optional()
      .describe("The directions that are closed but for what is allowed: Ingress, Egress"),
    ingress: z
      .array(
        z
          .strictObject({ from: peers.describe("Who may speak; everybody unless given"), ports: policyPorts })
          .meta({ id: "NetworkPolicyIngressRule", description: "What may come in" }),
      )
      .max(64)
      .optional()
      .describe("What may come in"),
    egress: z
      .array(
        z
          .strictObject({ to: peers.describe("Who may be spoken to; everybody unless given"), ports: policyPorts })
          .meta({ id: "NetworkPolicyEgressRule", description: "What may go out" }),
      )
      .max(64)
      .optional()
      .describe("What may go out"),
    action: z
      .enum(["drop", "reject"], "is no action; choose drop or reject")
      .optional()
      .describe("podlab's own: what becomes of packets that are not allowed, drop or reject; drop unless given"),
  })
  .meta({ id: "NetworkPolicy", description: "Who may speak to whom (networking.k8s.io/v1)" });

export type Labels = Readonly<z.infer<typeof labels>>;
export type Requirement = z.infer<typeof requirement>;
export type LabelSelector = z.infer<typeof labelSelector>;
export type PolicySpec = z.infer<typeof policy>;
export type PolicyPeerSpec = z.infer<typeof peer>;
export type PolicyPortSpec = z.infer<typeof policyPort>;
export type ServiceSpec = z.infer<typeof service>;
