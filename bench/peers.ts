/** The same lab by others: script.sh with plain docker commands, and containerlab where it is installed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { newestNodeImage } from "./docker.ts";
import { costOf, type PeerRun, packetsForgotten, type Size } from "./stopwatch.ts";

export async function scriptRun({ hosts, pods }: Size): Promise<PeerRun> {
  const IMAGE = await newestNodeImage();
  const run = (verb: string) =>
    costOf(["sh", join(import.meta.dirname, "script.sh"), verb, String(hosts), String(pods)], { IMAGE });
  try {
    const up = await run("up");
    await run("check");
    await packetsForgotten();
    const down = await run("down");
    return { up: up.seconds, upCpu: up.cpu, down: down.seconds };
  } finally {
    await run("down");
  }
}

/**
 * With as many plain containers as the lab has hosts, pods and nodes between: no engines in the hosts, one container a pod, links
 * instead of bridges, no addresses on them, and nothing verified. What it needs less time for is what it does less.
 */
const LAB = "bench-containerlab";
/** It would look for a newer version of itself on the internet. */
const ENV = { CLAB_VERSION_CHECK: "disable" };

/** Whether it is installed; whether it can make a lab on this machine shows when it does. */
export async function hasContainerlab(): Promise<boolean> {
  const { exitCode } = await execa("containerlab", ["version"], { reject: false, env: ENV });
  return exitCode === 0;
}

/** @throws Error when it can't: some machines have no privileges, or no kernel, for it */
export async function containerlabRun(size: Size): Promise<PeerRun> {
  const folder = mkdtempSync(join(tmpdir(), "podlab-bench-"));
  const file = join(folder, "bench.clab.yml");
  writeFileSync(file, JSON.stringify(topology(size, await newestNodeImage())));
  const run = (...args: string[]) => costOf(["containerlab", ...args, "--topo", file], ENV, folder);
  try {
    const up = await run("deploy");
    const down = await run("destroy", "--cleanup");
    return { up: up.seconds, upCpu: up.cpu, down: down.seconds };
  } finally {
    await run("destroy", "--cleanup").catch(() => {});
    rmSync(folder, { recursive: true });
  }
}

/** @see https://containerlab.dev/manual/topo-def-file/ */
export function topology({ hosts, pods }: Size, image: string) {
  const links = [["router:eth1", "internet:eth1"]];
  for (let host = 1; host <= hosts; host += 1) {
    links.push([`router:eth${host + 1}`, `host${host}:eth1`]);
    for (let pod = 1; pod <= pods; pod += 1) links.push([`host${host}:eth${pod + 1}`, `host${host}-pod${pod}:eth1`]);
  }
  const names = new Set(links.flat().map((end) => end.split(":")[0]!));
  return {
    name: LAB,
    // Every lab of containerlab has this network. Beside the others' segments: Docker does not always let go of it.
    mgmt: { network: LAB, "ipv4-subnet": "10.249.0.0/16" },
    topology: {
      defaults: {
        kind: "linux",
        image,
        "image-pull-policy": "Never",
        entrypoint: "sleep infinity",
        // As podlab's nodes: some machines refuse privileged containers.
        privileged: false,
        "cap-add": ["NET_ADMIN"],
        labels: { "dev.podlab.lab": LAB },
      },
      nodes: Object.fromEntries([...names].map((name) => [name, {}])),
      links: links.map((endpoints) => ({ endpoints })),
    },
  };
}
