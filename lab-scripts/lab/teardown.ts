/**
 * Removes a lab from the machine by its labels, and proves that nothing is left. It needs no Pulumi, no state and no
 * config, so it works on a lab that was half made, made by another clone, or whose hosts hang.
 */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Docker, shortId } from "../../infra/machine/docker.ts";
import type { Inventory } from "../../infra/machine/inventory.ts";
import { removeContainer, removeNetwork } from "../../infra/machine/removal.ts";
import { holdsNamespace } from "./namespace.ts";
import { labObjects } from "./objects.ts";
import { unfreeze } from "./unfreeze.ts";

/** A process that was killed takes a moment to be gone. */
const GONE_WITHIN_MS = 5_000;

/** What was there, and what of it still is: empty when all is well. */
export interface Teardown {
  readonly containers: number;
  readonly networks: number;
  readonly volumes: number;
  readonly left: readonly string[];
}

/** @param objects labObjects of the lab, where they are known */
export async function tearDown(lab: string, objects?: Inventory): Promise<Teardown> {
  const { containers, networks } = objects ?? (await labObjects(lab));
  const traces = await tracesOf({ containers, networks });
  await remove({ containers, networks }, traces.plugged);
  let left = await whatIsLeft(lab, traces);
  for (const until = Date.now() + GONE_WITHIN_MS; left.length > 0 && Date.now() < until; ) {
    await sleep(250);
    // The engine may only now have come to what a run that was killed had asked of it.
    await remove(await labObjects(lab));
    left = await whatIsLeft(lab, traces);
  }
  return { containers: containers.length, networks: networks.length, volumes: traces.volumes.length, left };
}

/** @param plugged networks that a container is known to be plugged into: only these wait for it. By its id. */
async function remove({ containers, networks }: Inventory, plugged: Traces["plugged"] = new Map()): Promise<void> {
  unfreeze(containers.map(({ id }) => id));
  const removals = containers.map((one) => ({ id: one.id, gone: removeContainer(one) }));
  const leaves = async (network: Inventory["networks"][number]) => {
    const inIt = removals.filter(({ id }) => plugged.get(id)?.includes(network.id) ?? true);
    await Promise.all(inIt.map(({ gone }) => gone));
    await removeNetwork(network);
  };
  await Promise.all([...removals.map(({ gone }) => gone), ...networks.map(leaves)]);
}

/** What the lab's objects leave traces of outside Docker's own lists. */
interface Traces {
  /** Ids of the networks that a container is plugged into, by its own. */
  readonly plugged: ReadonlyMap<string, readonly string[]>;
  readonly volumes: readonly string[];
  readonly processes: readonly number[];
  /** Docker keeps a container's network namespace as a file while it lives. */
  readonly namespaces: readonly string[];
  /** Docker names a network's bridge after the first twelve digits of its id. */
  readonly bridges: readonly string[];
}

interface InspectedContainer {
  readonly Id: string;
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: {
    readonly SandboxKey: string;
    readonly Networks: Readonly<Record<string, { readonly NetworkID: string }>>;
  };
  readonly Mounts: readonly { readonly Name?: string }[];
}

async function tracesOf({ containers, networks }: Inventory): Promise<Traces> {
  const found = await new Docker().getThere<InspectedContainer>(containers.map(({ id }) => `/containers/${id}/json`));
  return {
    processes: found.map(({ State }) => State.Pid).filter((pid) => pid > 0),
    namespaces: found.flatMap(({ NetworkSettings }) => NetworkSettings.SandboxKey || []),
    volumes: found.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => Name ?? [])),
    plugged: new Map(
      found.map(({ Id, NetworkSettings: { Networks } }) => [Id, Object.values(Networks).map((one) => one.NetworkID)]),
    ),
    bridges: networks.map(({ id }) => `br-${shortId(id)}`),
  };
}

async function whatIsLeft(lab: string, traces: Traces): Promise<string[]> {
  const [objects, { Volumes }, kernel] = await Promise.all([
    labObjects(lab),
    new Docker().get<{ Volumes: readonly { readonly Name: string }[] | null }>("/volumes"),
    kernelState(),
  ]);
  const volumes = (Volumes ?? []).map(({ Name }) => Name);
  return [
    ...objects.containers.map(({ name }) => `container ${name}`),
    ...objects.networks.map(({ name }) => `network ${name}`),
    ...volumes.filter((name) => traces.volumes.includes(name)).map((name) => `volume ${name}`),
    ...traces.namespaces.filter(holdsNamespace).map((path) => `network namespace ${path}`),
    ...traces.processes.filter(runs).map((pid) => `process ${pid}`),
    ...traces.bridges.flatMap((bridge) =>
      kernel.filter(({ text }) => text.includes(bridge)).map(({ what }) => `${what} ${bridge}`),
    ),
  ];
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Interfaces, routes and firewall rules of the machine, where it is this kernel that has them and we may look. */
async function kernelState(): Promise<{ what: string; text: string }[]> {
  const questions = [
    { what: "interface", command: ["ip", "-o", "link"] },
    { what: "route on", command: ["ip", "route", "show", "table", "all"] },
    { what: "firewall rule for", command: ["iptables-save"] },
  ];
  return Promise.all(
    questions.map(async ({ what, command: [file, ...args] }) => ({
      what,
      text: await promisify(execFile)(file!, args).then(
        ({ stdout }) => stdout,
        () => "",
      ),
    })),
  );
}
