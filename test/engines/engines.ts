/** The engines that labs are tried on. */
import { delimiter } from "node:path";
import { baseImage, debian, docker29, Missing, nftables } from "./build.ts";
import type { MachineOptions } from "./machine.ts";
import { LABS, STEPS, type Step, uncured } from "./steps.ts";

export interface EngineKind {
  readonly name: string;
  readonly about: string;
  /** @throws Missing when this machine can't run it */
  readonly prepare: () => Promise<MachineOptions>;
  /** A folder of programs that the hosts' own engines are replaced by. */
  readonly inHosts?: () => Promise<string>;
  /** Of other steps than the usual ones, and for which lab. */
  readonly only?: { readonly lab: string; readonly steps: Readonly<Record<string, Step>> };
}

/** The labs that an engine is tried with, and what is done with each. */
export function trials({ only }: EngineKind): { labs: readonly string[]; steps: Readonly<Record<string, Step>> } {
  return only ? { labs: [only.lab], steps: only.steps } : { labs: LABS, steps: STEPS };
}

export const ENGINES: readonly EngineKind[] = [
  {
    name: "machine",
    about: "this machine's own Docker",
    prepare: async () => ({}),
  },
  {
    name: "docker-26",
    about: "Docker 26 and all else of Debian 13",
    prepare: async () => ({ rootfs: await debian((await baseImage()).image) }),
  },
  {
    name: "docker-29",
    about: "Docker 29, iptables, containerd image store",
    prepare: async () => ({ binaries: await docker29() }),
  },
  {
    name: "docker-29-nftables",
    about: "Docker 29, --firewall-backend=nftables",
    prepare: nftablesEngine,
  },
  {
    name: "docker-29-cgroup2",
    about: "Docker 29 on cgroup version 2",
    prepare: async () => ({ binaries: await docker29(), cgroup2: true }),
  },
  {
    name: "docker-29-elsewhere",
    about: "Docker 29 behind its socket, as in a virtual machine: podlab sees none of its processes and interfaces",
    prepare: async () => ({ binaries: await docker29(), elsewhere: true }),
  },
  {
    name: "docker-29-in-hosts",
    about: "this machine's own Docker, and Docker 29 in the hosts",
    prepare: async () => ({}),
    inHosts: docker29,
  },
  {
    name: "docker-29-userns",
    about: "Docker 29, --userns-remap",
    prepare: async () => ({
      binaries: await docker29(),
      subordinate: true,
      dockerd: ["--userns-remap=nobody:nogroup"],
    }),
  },
  {
    name: "docker-29-uncured",
    about: "Docker 29, segments without the gateway mode nat-unprotected: the rule that drops their frames is named",
    prepare: async () => ({ binaries: await docker29() }),
    only: {
      lab: "routed",
      steps: uncured(/drops it by its iptables raw PREROUTING rule "-d \S+ ! -i br-\S+ (.* )?-j DROP"$/),
    },
  },
  {
    name: "docker-29-nftables-uncured",
    about: "the same with --firewall-backend=nftables",
    prepare: nftablesEngine,
    only: {
      lab: "routed",
      steps: uncured(
        /drops it by its nft ip docker-bridges raw-PREROUTING rule "ip daddr .* drop comment "DROP DIRECT ACCESS""$/,
      ),
    },
  },
  {
    name: "docker-29-rootless",
    about: "Docker 29 without root",
    prepare: async () => {
      throw new Missing(
        "hosts in a user namespace can't make cgroups for their own engines; there is no rootless engine to try",
      );
    },
  },
];

async function nftablesEngine(): Promise<MachineOptions> {
  const binaries = [await docker29(), await nftables()].filter(Boolean).join(delimiter);
  return { binaries, dockerd: ["--firewall-backend=nftables"] };
}
