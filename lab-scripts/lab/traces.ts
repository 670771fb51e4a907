/**
 * What a lab leaves on the machine outside of Docker's own lists: processes, network namespaces, interfaces, routes, firewall rules.
 * Whoever looked for a thing while it was there and saw it can tell afterwards that it is gone, and nobody else: the engine may be on
 * another machine or in a virtual one, and not every user may look.
 */
import { lstatSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { textIn } from "../../infra/files.ts";
import { type CommandFailed, outputOf } from "../../infra/machine/command.ts";
import { bridgeOf } from "../../infra/machine/letPass.ts";
import { isAlive, processStartTime } from "../setup/lock.mjs";

export interface InspectedContainer {
  readonly Id: string;
  /** The id of its image. */
  readonly Image: string;
  /** The number is 0 where it does not run. */
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: {
    /** Docker keeps a container's network namespace as a file while it runs. */
    readonly SandboxKey: string;
    readonly Networks: Readonly<Record<string, { readonly NetworkID: string }>>;
  };
  readonly Mounts: readonly { readonly Name?: string }[];
}

/** How one kind of thing is looked for. */
export interface Look {
  /** In a sentence: no KIND of it is left. */
  readonly kind: string;
  /** Why it can't be looked for, where it can't. */
  readonly unseen?: string;
  /** Returns what is there, in words. @throws Error where it can't be looked for any more */
  readonly left: () => string[] | Promise<string[]>;
}

/** Returns how to look for all that these containers and networks have; called while they are there. */
export async function looks(
  containers: readonly InspectedContainer[],
  networks: readonly { readonly id: string }[],
): Promise<Look[]> {
  const running = containers.filter(({ State }) => State.Pid > 0);
  return [processes(running), namespaces(running), ...(await kernelState(networks.map(bridgeOf)))];
}

/**
 * A number may be that of a process of another machine: its control group (proc(5), cgroups(7)), which Docker names by the
 * container's id, tells whether it is the container's.
 */
function processes(running: readonly InspectedContainer[]): Look {
  const known = running
    .map(({ Id, State: { Pid } }) => ({
      pid: Pid,
      isIts: textIn(`/proc/${Pid}/cgroup`).includes(Id),
      startTime: processStartTime(Pid),
    }))
    .filter(({ isIts }) => isIts);
  return {
    kind: "process",
    ...(known.length < running.length ? { unseen: "those of the engine can't be seen from here" } : {}),
    left: () => known.filter(({ pid, startTime }) => isAlive(pid, startTime)).map(({ pid }) => `process ${pid}`),
  };
}

function namespaces(running: readonly InspectedContainer[]): Look {
  const paths = running.map(({ NetworkSettings }) => NetworkSettings.SandboxKey);
  const hidden = paths.find((path) => !holdsNamespace(path));
  return {
    kind: "namespace",
    ...(hidden === undefined ? {} : { unseen: whyHidden(hidden) }),
    left: () => paths.filter(holdsNamespace).map((path) => `network namespace ${path}`),
  };
}

function whyHidden(path: string): string {
  try {
    lstatSync(path);
    return `${path} holds none here`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? `${path}: permission denied` : `${path} is not here`;
  }
}

type Listing = readonly [command: string, ...args: string[]];

const LINKS: Listing = ["ip", "-o", "link"];

/** With whom an administrator would look; where several keep rules, each that is there. */
const KERNEL: readonly { readonly kind: string; readonly what: string; readonly by: readonly Listing[] }[] = [
  { kind: "interface", what: "interface", by: [LINKS] },
  {
    kind: "route",
    what: "route on",
    by: [
      ["ip", "route", "show", "table", "all"],
      ["ip", "-6", "route", "show", "table", "all"],
    ],
  },
  {
    kind: "firewall rule",
    what: "firewall rule for",
    by: [["iptables-save"], ["ip6tables-save"], ["nft", "list", "ruleset"]],
  },
];

async function kernelState(bridges: readonly string[]): Promise<Look[]> {
  const links = await list([LINKS]).catch((error: Error) => error);
  const unseen =
    links instanceof Error
      ? links.message
      : !bridges.some((bridge) => links.includes(bridge)) && "the lab's bridges are not on this machine";
  return Promise.all(
    KERNEL.map(async ({ kind, what, by }) => {
      const why =
        bridges.length > 0 &&
        (unseen ||
          (await list(by).then(
            () => "",
            ({ message }: Error) => message,
          )));
      const left = async () => {
        const text = await list(by);
        return bridges.filter((bridge) => text.includes(bridge)).map((bridge) => `${what} ${bridge}`);
      };
      return { kind, ...(why ? { unseen: why } : {}), left };
    }),
  );
}

/** Returns what all of them say that are there. @throws CommandFailed when one fails, or none is there */
export async function list(by: readonly Listing[]): Promise<string> {
  const said = await Promise.all(
    by.map(([file, ...args]) =>
      outputOf(file, args).catch((error: CommandFailed) => {
        if (error.isMissing) return error;
        throw error;
      }),
    ),
  );
  const texts = said.filter((one) => typeof one === "string");
  if (texts.length === 0) throw said[0];
  return texts.join("");
}

/**
 * Whether a file holds a network namespace: one is mounted on it, so it lies on another file system than its folder.
 * Docker unmounts a namespace with its container, and clears the empty file away within a minute.
 */
export function holdsNamespace(path: string): boolean {
  try {
    return statSync(path).dev !== statSync(dirname(path)).dev;
  } catch {
    return false;
  }
}
