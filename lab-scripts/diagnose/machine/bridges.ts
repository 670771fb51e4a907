/** Which bridges of this machine a lab's segments are. The engine may be on another machine, or in a virtual one. */

import { bridgesCall } from "../../../infra/machine/bridgeFirewall.ts";
import { outputOf } from "../../../infra/machine/command.ts";
import { Docker } from "../../../infra/machine/docker.ts";
import { bridgeOf } from "../../../infra/machine/letPass.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";

export interface Bridge {
  readonly name: string;
  /** Of the Docker network. */
  readonly network: string;
  readonly subnets: readonly string[];
  /** The segment's name; absent for a network that is not the lab's. */
  readonly segment?: string | undefined;
  /** Whether its frames pass the rules for that family. */
  readonly calls: Readonly<Record<4 | 6, boolean>>;
}

/** Why the machine's firewall can't be looked at, as the end of a sentence. */
export class Unseen extends Error {
  override name = "Unseen";
}

interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null };
}

interface KernelBridge {
  readonly ifname: string;
  readonly linkinfo?: {
    readonly info_data?: { readonly nf_call_iptables?: number; readonly nf_call_ip6tables?: number };
  };
}

const NAME_OPTION = "com.docker.network.bridge.name";

/** Returns every bridge of a Docker network. @throws Unseen; DockerError */
export async function bridgesOf(plan: LabPlan): Promise<Bridge[]> {
  if (process.platform !== "linux") throw new Unseen("Docker's kernel is a virtual machine's here");
  if (process.geteuid?.() !== 0) throw new Unseen("that takes root");
  const [networks, kernel] = await Promise.all([new Docker().get<Network[]>("/networks"), kernelBridges()]);
  const segments = new Map(plan.segments.map(({ network, name }) => [network, name]));
  const bridges = networks.flatMap((network): Bridge[] => {
    const name = network.Options?.[NAME_OPTION] ?? bridgeOf({ id: network.Id });
    const found = kernel.find(({ ifname }) => ifname === name);
    if (network.Driver !== "bridge" || !found) return [];
    const { nf_call_iptables: own4, nf_call_ip6tables: own6 } = found.linkinfo?.info_data ?? {};
    return [
      {
        name,
        network: network.Name,
        subnets: (network.IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
        calls: { 4: own4 === 1 || bridgesCall(4), 6: own6 === 1 || bridgesCall(6) },
        segment: segments.get(network.Name),
      },
    ];
  });
  if (!bridges.some(({ segment }) => segment !== undefined)) {
    throw new Unseen("the lab's bridges are not on this machine: its Docker engine runs elsewhere");
  }
  return bridges;
}

async function kernelBridges(): Promise<KernelBridge[]> {
  const stdout = await outputOf("ip", ["-d", "-j", "link", "show", "type", "bridge"]).catch(({ message }: Error) => {
    throw new Unseen(`this machine's bridges could not be listed: ${message}`);
  });
  return JSON.parse(stdout || "[]") as KernelBridge[];
}
