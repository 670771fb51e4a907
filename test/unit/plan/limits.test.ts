/** A lab that the machine has no room for is refused with what runs out, how much is missing, and how to raise it. */
import { expect, test } from "vitest";
import { type Left, needs, shortages } from "../../../infra/plan/limits.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const planOf = (hosts: number, podsPerHost: number) => {
  const spec = { hosts, podsPerHost };
  return planLab(readLab(spec, "lab"));
};
const GB = 1024 ** 3;
const PLENTY: Left = {
  memory: 64 * GB,
  disk: 500 * GB,
  inotifyInstances: 8192,
  inotifyWatches: 100_000,
  tasks: 100_000,
  openFiles: 1_000_000,
  neighbours: 100_000,
  namespaces: 10_000,
};

test("with plenty of everything the largest lab is fine", () => {
  expect(shortages(needs(planOf(64, 4), new Set()), PLENTY)).toEqual([]);
});

test.each([
  ["memory", GB, /^memory: this lab takes about [\d,]+ MB, and 1,024 MB are left; free some, or choose fewer hosts/],
  ["disk", GB / 8, /^disk space for Docker: .* 128 MB are left; free some \(docker system df/],
  ["inotifyInstances", 20, /^inotify instances: .* 20 are left; sudo sysctl -w fs\.inotify\.max_user_instances=256$/],
  ["inotifyWatches", 20, /^inotify watches: .*; sudo sysctl -w fs\.inotify\.max_user_watches=\d+$/],
  ["tasks", 500, /^processes and threads: .*; sudo sysctl -w kernel\.pid_max=\d+$/],
  ["openFiles", 900, /^open files: .*; sudo sysctl -w fs\.file-max=\d+$/],
  ["neighbours", 100, /^neighbour table entries: .*; sudo sysctl -w net\.ipv4\.neigh\.default\.gc_thresh3=\d+$/],
  ["namespaces", 50, /^network namespaces: .*; sudo sysctl -w user\.max_net_namespaces=\d+$/],
] as const)("%s: %d left is too little for 16 hosts with 4 pods", (what, left, message) => {
  const short = shortages(needs(planOf(16, 4), new Set()), { ...PLENTY, [what]: left }, { [what]: 128 });
  expect(short).toHaveLength(1);
  expect(short[0]).toMatch(message);
});

test("everything that runs out is told at once", () => {
  const nothing = Object.fromEntries(Object.keys(PLENTY).map((what) => [what, 0])) as unknown as Left;
  expect(shortages(needs(planOf(2, 1), new Set()), nothing)).toHaveLength(8);
});

test("a raised limit is enough: the same lab fits then", () => {
  const needed = needs(planOf(60, 4), new Set());
  const [message] = shortages(needed, { ...PLENTY, inotifyInstances: 100 }, { inotifyInstances: 128 });
  const raised = Number(/=(\d+)$/.exec(message!)![1]);
  expect(shortages(needed, { ...PLENTY, inotifyInstances: raised - 28 })).toEqual([]);
});

test("what can't be known is not guessed", () => {
  const unknown = Object.fromEntries(Object.keys(PLENTY).map((what) => [what, undefined])) as unknown as Left;
  expect(shortages(needs(planOf(64, 4), new Set()), unknown)).toEqual([]);
});

test("a lab that is there takes nothing more, one that grows takes what is new", () => {
  const plan = planOf(3, 2);
  const all = new Set(plan.nodes.map(({ container }) => container));
  expect(Object.values(needs(plan, all)).every((amount) => amount === 0)).toBe(true);
  all.delete("lab.host03");
  expect(needs(plan, all).namespaces).toBe(1 + 2); // the host and its pods
});
