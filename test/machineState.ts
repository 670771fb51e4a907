/** What a machine has that labs and tests can leave behind; compared before and after, it shows what they did. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Docker, shortId } from "../infra/machine/docker.ts";
import { inventory } from "../infra/machine/inventory.ts";
import { holdsNamespace, list } from "../lab-scripts/lab/traces.ts";

export interface MachineState {
  /** By kind, such as `container` or `route`; each thing in words that name it. */
  readonly things: ReadonlyMap<string, ReadonlySet<string>>;
  /** Bridges, veths and namespaces of Docker's that belong to a network or a container that is there. */
  readonly accountedFor: ReadonlySet<string>;
}

/** Marks the processes of one run by their environment, which whatever they start inherits. */
export const RUN_MARK = "PODLAB_TEST_RUN";

/**
 * @param mark the value of {@link RUN_MARK} in the processes to list
 * @throws Error when something of it can't be looked at
 */
export async function machineState(mark: string): Promise<MachineState> {
  const [found, volumes, links, routes, rules] = await Promise.all([
    inventory(),
    // In use by nothing: a container's own volume goes with it.
    danglingVolumes(),
    list([["ip", "-o", "link"]]),
    list([["ip", "route", "show", "table", "all"]]),
    list([["iptables-save"]]),
  ]);
  const sandboxes = await namespacesOf(found.containers.map(({ id }) => id));
  const labs = ({ lab, name }: { lab: string; name: string }) => (lab ? [name] : []);
  const bridges = found.networks.map(({ id }) => `br-${shortId(id)}`);
  return {
    things: new Map(
      Object.entries({
        container: found.containers.flatMap(labs),
        network: found.networks.flatMap(labs),
        volume: volumes,
        interface: lines(links).map((line) => line.split(": ")[1]!.split("@")[0]!),
        route: lines(routes),
        // Without packet counts and comments, which change by themselves.
        "firewall rule": lines(rules).filter((line) => line.startsWith("-A")),
        namespace: ["/run/netns", "/run/docker/netns"].flatMap(namespaces),
        process: marked(mark),
      }).map(([kind, list]) => [kind, new Set(list)]),
    ),
    accountedFor: new Set([...bridges, "docker0", ...portsOf(lines(links), [...bridges, "docker0"]), ...sandboxes]),
  };
}

/**
 * Pure. What is there now and was not before, in words. What belongs to networks and containers that are somebody else's
 * is not counted: a machine may be used for other things meanwhile.
 */
export function leftBehind(before: MachineState, after: MachineState): string[] {
  const others = [...after.accountedFor];
  return [...after.things].flatMap(([kind, now]) =>
    [...now]
      .filter((thing) => !before.things.get(kind)?.has(thing))
      .filter((thing) => !others.some((name) => thing.split(/[\s:@]/).includes(name)))
      .map((thing) => `${kind} ${thing}`),
  );
}

/** Interfaces that are ports of these bridges. */
function portsOf(links: readonly string[], bridges: readonly string[]): string[] {
  return links.flatMap((line) => {
    const master = / master (\S+)/.exec(line)?.[1];
    return master && bridges.includes(master) ? [line.split(": ")[1]!.split("@")[0]!] : [];
  });
}

/** The names of these containers' network namespaces in /run/docker/netns. */
async function namespacesOf(ids: readonly string[]): Promise<string[]> {
  const found = await new Docker().getThere<{ NetworkSettings: { SandboxKey: string } }>(
    ids.map((id) => `/containers/${id}/json`),
  );
  return found.map(({ NetworkSettings }) => NetworkSettings.SandboxKey.split("/").at(-1)!);
}

async function danglingVolumes(): Promise<string[]> {
  const filters = JSON.stringify({ dangling: ["true"] });
  const found = await new Docker().get<{ Volumes: { Name: string }[] | null }>("/volumes", { filters });
  return (found.Volumes ?? []).map(({ Name }) => Name);
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

/** Whether a namespace is one of a test that still runs: its name says whose (test/netns/leftovers.ts). */
function inUse(name: string): boolean {
  const pid = /^podlab-\d+-(\d+)-/.exec(name)?.[1];
  return pid !== undefined && existsSync(`/proc/${pid}`);
}

const namespaces = (folder: string): string[] =>
  names(folder).filter((name) => holdsNamespace(join(folder, name)) && !inUse(name));

const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Processes with that mark in their environment, this one and its parents not among them. */
export function marked(mark: string): string[] {
  return names("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${RUN_MARK}=${mark}\0`)) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`];
    } catch {
      return []; // gone meanwhile, or not ours
    }
  });
}
