/** A matrix is walked while somebody waits for it: ten thousand questions and answers in less than a second of a processor. */
import { expect, test } from "vitest";
import { Network } from "../../../infra/packet/network.ts";
import { walk } from "../../../infra/packet/walk.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

/** By the processor's time, not the clock's, which others on the machine slow down; twice as much, for slower machines. */
const MOST_MS = 2_000;

test.each(["routed", "overlay"] as const)(
  "every pod of a %s lab of 25 hosts with 4 pods each asks every pod",
  (network) => {
    const spec = { hosts: 25, podsPerHost: 4, network };
    const plan = planLab(readLab(spec, "speed"));
    const before = process.cpuUsage();
    const lab = new Network(plan.netns);
    const walks = plan.pods.flatMap((from) =>
      plan.pods.map((to) => walk(lab, { from: from.id, to: to.address, protocol: "tcp", port: 8080 })),
    );
    const { user, system } = process.cpuUsage(before);
    expect(walks).toHaveLength(10_000);
    expect(walks.every(({ outcome }) => outcome === "ok")).toBe(true);
    expect((user + system) / 1000).toBeLessThan(MOST_MS);
  },
);
