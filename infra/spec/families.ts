/** A lab's addresses of one family, alike for both, so that every rule about addresses is written once. */
import type { Subnet } from "./address.ts";
import type { ResolvedLab } from "./resolvedLab.ts";

export interface Family {
  /** What the keys of the spec end in: `podSubnet`, `podSubnet6`. */
  readonly suffix: "" | "6";
  readonly podCidr: Subnet;
  readonly segmentPool: Subnet;
  /** Length of a subnet that is proposed. */
  readonly prefix: number;
  readonly internet: { readonly subnet: Subnet; readonly address: string };
  readonly hosts: readonly FamilyHost[];
}

export interface FamilyHost {
  readonly name: string;
  readonly segment: Subnet;
  readonly address: string;
  readonly podSubnet: Subnet;
  /** In the order of the host's pods. */
  readonly pods: readonly (string | undefined)[];
}

/** IPv4, and IPv6 where the lab has it. */
export function familiesOf(lab: ResolvedLab): Family[] {
  const { podCidr, segmentPool, internet, ipv6 } = lab;
  const hosts = lab.hosts.map((host) => ({ ...host, pods: host.pods.map(({ address }) => address) }));
  const v4: Family = { suffix: "", podCidr, segmentPool, prefix: 24, internet, hosts };
  if (!ipv6 || !internet.v6) return [v4];
  const hosts6 = lab.hosts.flatMap(({ name, v6, pods }) =>
    v6 ? [{ name, ...v6, pods: pods.map(({ address6 }) => address6) }] : [],
  );
  return [v4, { suffix: "6", ...ipv6, prefix: 64, internet: internet.v6, hosts: hosts6 }];
}
