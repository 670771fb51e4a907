/**
 * Removes a lab from its machines by its labels, and proves that nothing is left. It needs no Pulumi, no state and no
 * config, so it works on a lab that was half made, made by another clone, or whose hosts hang.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findBaseImage, nodeImageName } from "../../infra/machine/baseImage.ts";
import type { Inventory } from "../../infra/machine/inventory.ts";
import { removeRules } from "../../infra/machine/letPass.ts";
import { engineOf, machinesOf } from "../../infra/machine/machines.ts";
import { removeContainer, removeNetwork } from "../../infra/machine/removal.ts";
import type { MachinePlan } from "../../infra/plan/plan.ts";
import { type InspectedContainer, type Look, looks } from "./traces.ts";

/** A process that was killed takes a moment to be gone. */
const GONE_WITHIN_MS = 5_000;

/** What was there, and what of it still is: empty when all is well. */
export interface Teardown {
  readonly objects: Inventory;
  /** How many. */
  readonly volumes: number;
  readonly left: readonly string[];
  /** What was looked for: `process`, `route`. */
  readonly seen: readonly string[];
  /** What could not be looked for, and why. */
  readonly unseen: readonly string[];
}

/**
 * @param ask returns what there is of the lab, on machines that were seen before, too; asked again until all is gone
 * @param permit throws where nothing may be removed; it is awaited beside a first look
 */
export async function tearDown(
  ask: (seen: readonly MachinePlan[]) => Promise<Inventory>,
  permit = async () => {},
): Promise<Teardown> {
  const permitted = permit();
  permitted.catch(() => {}); // awaited below
  const { containers, networks } = await ask([]);
  const machines = machinesOf(containers);
  const find = () => ask(machines);
  const inspected = [undefined, ...machines].map((machine) => {
    const there = containers.filter((one) => one.machine?.name === machine?.name);
    return engineOf({ machine }).getThere<InspectedContainer>(there.map(({ id }) => `/containers/${id}/json`));
  });
  const found = (await Promise.all(inspected)).flat();
  const volumes = found.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => Name ?? []));
  const all = await looks(found, networks);
  await permitted;
  await Promise.all([remove({ containers, networks }, found), removeFirewallRules(networks, found)]);
  const isLeft = () => whatIsLeft(find, [undefined, ...machines], volumes, all);
  let left = await isLeft();
  for (const until = Date.now() + GONE_WITHIN_MS; left.length > 0 && Date.now() < until; ) {
    await sleep(250);
    // The engine may only now have come to what a run that was killed had asked of it.
    await remove(await find());
    left = await isLeft();
  }
  return {
    objects: { containers, networks },
    volumes: volumes.length,
    left,
    seen: all.filter(({ unseen }) => unseen === undefined).map(({ kind }) => kind),
    unseen: all.flatMap(({ kind, unseen }) => (unseen === undefined ? [] : [`${kind} (${unseen})`])),
  };
}

/** @param found the containers, where they are known: a network waits only for those that are plugged into it */
async function remove({ containers, networks }: Inventory, found: readonly InspectedContainer[] = []): Promise<void> {
  const plugged = new Map(
    found.map(({ Id, NetworkSettings: { Networks } }) => [Id, Object.values(Networks).map((one) => one.NetworkID)]),
  );
  unfreeze(containers.map(({ id }) => id));
  const removals = containers.map((one) => ({ id: one.id, gone: removeContainer(one) }));
  const leaves = async (network: Inventory["networks"][number]) => {
    const inIt = removals.filter(({ id }) => plugged.get(id)?.includes(network.id) ?? true);
    await Promise.all(inIt.map(({ gone }) => gone));
    await removeNetwork(network);
  };
  await Promise.all([...removals.map(({ gone }) => gone), ...networks.map(leaves)]);
}

/** What can't be removed is told with all that is left. */
async function removeFirewallRules(
  networks: Inventory["networks"],
  found: readonly InspectedContainer[],
): Promise<void> {
  const labs = new Map(networks.filter(({ hasRule }) => hasRule).map((network) => [network.lab, network]));
  for (const { lab, owner: clone, stack } of labs.values()) {
    const image = found[0]?.Image ?? nodeImageName(await findBaseImage());
    await removeRules({ lab, clone, stack }, image).catch(({ message }: Error) => {
      process.stderr.write(`podlab: rules of ip6tables for lab ${lab} could not be removed: ${message}\n`);
    });
  }
}

type Volumes = readonly { readonly Name: string }[];

async function whatIsLeft(
  find: () => Promise<Inventory>,
  machines: readonly (MachinePlan | undefined)[],
  volumes: readonly string[],
  all: readonly Look[],
): Promise<string[]> {
  const [objects, kept, traces] = await Promise.all([
    find(),
    Promise.all(machines.map((machine) => engineOf({ machine }).get<{ Volumes: Volumes | null }>("/volumes"))),
    Promise.all(all.filter(({ unseen }) => unseen === undefined).map(({ left }) => left())),
  ]);
  return [
    ...objects.containers.map(({ name }) => `container ${name}`),
    ...objects.networks.map(({ name }) => `network ${name}`),
    ...kept
      .flatMap(({ Volumes }) => Volumes ?? [])
      .filter(({ Name }) => volumes.includes(Name))
      .map(({ Name }) => `volume ${Name}`),
    ...traces.flat(),
  ];
}

/**
 * A container paused inside a host: on cgroup v1 its processes are frozen, and a frozen process does not die of SIGKILL
 * (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst), so its host could not be removed. On v2 it dies.
 */
const FREEZER = "/sys/fs/cgroup/freezer";

/** Where Docker puts a container's cgroup, by cgroup driver: cgroupfs, systemd. */
const PLACES = [(id: string) => `docker/${id}`, (id: string) => `system.slice/docker-${id}.scope`];

/** Unfreezes all that is frozen in these containers. Never throws: where that can't be done, removal says so. */
function unfreeze(ids: readonly string[]): void {
  for (const folder of ids.flatMap((id) => PLACES.map((place) => join(FREEZER, place(id))))) {
    try {
      if (existsSync(folder)) unfreezeBelow(folder);
    } catch {
      // gone meanwhile, or not ours to change
    }
  }
}

function unfreezeBelow(folder: string): void {
  const state = join(folder, "freezer.state");
  if (readFileSync(state, "utf8").trim() !== "THAWED") writeFileSync(state, "THAWED");
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) unfreezeBelow(join(folder, entry.name));
  }
}
