/** The engines that labs are tried on. */
import { delimiter } from "node:path";
import { baseImage, debian, docker29, Missing, nftables } from "./build.ts";
import type { MachineOptions } from "./machine.ts";

export interface EngineKind {
  readonly name: string;
  readonly about: string;
  /** @throws Missing when this machine can't run it */
  readonly prepare: () => Promise<MachineOptions>;
  /** A folder of programs that the hosts' own engines are replaced by. */
  readonly inHosts?: () => Promise<string>;
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
    prepare: async () => ({
      binaries: [await docker29(), await nftables()].filter(Boolean).join(delimiter),
      dockerd: ["--firewall-backend=nftables"],
    }),
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
    name: "docker-29-rootless",
    about: "Docker 29 without root",
    prepare: async () => {
      throw new Missing(
        "hosts in a user namespace can't make cgroups for their own engines; there is no rootless engine to try",
      );
    },
  },
];
