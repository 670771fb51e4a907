/**
 * A container paused inside a host: on cgroup v1 its processes are frozen, and a frozen process does not die of SIGKILL
 * (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst), so its host could not be removed. On v2 it dies.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FREEZER = "/sys/fs/cgroup/freezer";

/** Where Docker puts a container's cgroup, by cgroup driver: cgroupfs, systemd. */
const PLACES = [(id: string) => `docker/${id}`, (id: string) => `system.slice/docker-${id}.scope`];

/** Unfreezes all that is frozen in these containers. Never throws: where that can't be done, removal says so. */
export function unfreeze(ids: readonly string[]): void {
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
