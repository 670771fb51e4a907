/** What a lab has of Kubernetes' API: labels, services (v1) and network policies (networking.k8s.io/v1). */
import { z } from "zod";
import { ipv4, name, port, subnet } from "./values.ts";

/** A label's value as Kubernetes has it. */
const labelValue = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "is no label value; use at most 63 letters, digits, -, _ and ., a letter or digit first and last",
  );
export const labels = z.record(
  z
    .string()
    .regex(
      /^[A-Za-z0-9](?:[A-Za-z0-9_./-]{0,61}[A-Za-z0-9])?$/,
      "is no label key; use at most 63 letters, digits, -, _, . and /, a letter or digit first and last",
    ),
  labelValue,
);

const MOST_ENDPOINTS = 99;

export const service = z
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
export const policy = z.strictObject({
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

export type PolicySpec = z.infer<typeof policy>;
export type PolicyPeerSpec = z.infer<typeof peer>;
export type ServiceSpec = z.infer<typeof service>;
