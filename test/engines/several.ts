/**
 * npm run test:machines: a lab of six hosts on three Docker engines that are joined as a Docker Swarm, each on a machine of its own.
 * Prints a line a step; exit 1 unless all is as it should be.
 *   --bench  instead: 16 hosts of 4 pods on one of these engines and on two, which tells what spreading costs on one machine
 */
import { parseArgs } from "node:util";
import { Fleet } from "./fleet.ts";
import { removeLeftovers } from "./machine.ts";

const STACK = "several";
const { values } = parseArgs({ options: { bench: { type: "boolean", default: false } } });

await removeLeftovers();
let fleet: Fleet | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, async () => {
    await fleet?.remove();
    process.exit(130);
  });
}

try {
  if (values.bench) await bench();
  else await trial();
} catch (error) {
  process.stdout.write(`${(error as Error).message.trimEnd().split("\n").slice(-20).join("\n")}\n`);
  process.exitCode = 1;
} finally {
  await fleet?.remove();
}

async function trial(): Promise<void> {
  fleet = await step("boot and join three engines", () => Fleet.create(3));
  const own = fleet;
  const before = (await own.traces()).sort();
  const hosts = Array.from({ length: 6 }, (_, at) => ({ name: `host0${at + 1}` }));
  await own.configure(STACK, { hosts });
  await step("start", () => podlab(0, "start", STACK));
  await step("no change", () => podlab(0, "pulumi", "preview", "--refresh", "--expect-no-changes", "--stack", STACK));
  await step("check", () => podlab(0, "check", STACK));
  await step("a host to another machine: only it is made anew", async () => {
    const there = await own.nodes(STACK);
    await own.configure(STACK, { hosts: hosts.map((host, at) => (at === 1 ? { ...host, machine: "three" } : host)) });
    await podlab(0, "start", STACK);
    const now = await own.nodes(STACK);
    const moved = [...now].filter(([name, place]) => there.get(name) !== place);
    const [[name, place] = [], ...more] = moved;
    if (name !== `${STACK}.host02` || !place?.startsWith("three ") || more.length > 0)
      throw new Error(`moved: ${moved}`);
  });
  await step("a machine is lost: check and start say so", async () => {
    await own.cable(1, "down");
    await podlab(2, "check", STACK);
    const said = await podlab(2, "start", STACK);
    if (!said.includes("machine two:")) throw new Error(said);
  });
  await step("it is back: start finds the lab as it was, or repairs it", async () => {
    await own.cable(1, "up");
    for (const until = Date.now() + 60_000; ; ) {
      const { exitCode, all } = await own.podlab("start", STACK);
      if (exitCode === 0) return;
      if (Date.now() > until) throw new Error(all);
    }
  });
  await step("stop", () => podlab(0, "stop", STACK));
  await step("no leak on any of them", async () => {
    const after = (await own.traces()).sort();
    const differing = [
      ...after.filter((one) => !before.includes(one)),
      ...before.filter((one) => !after.includes(one)),
    ];
    if (differing.length > 0) throw new Error(differing.join("\n"));
  });
}

/** The same lab with all hosts on the first machine, and with every second one on the other. */
async function bench(): Promise<void> {
  fleet = await step("boot and join two engines", () => Fleet.create(2));
  for (const machines of [1, 2, 1, 2, 1, 2]) {
    const place = (at: number) => ({ machine: machines > 1 && at % 2 > 0 ? "two" : "one" });
    const hosts = Array.from({ length: 16 }, (_, at) => ({ name: `host${at + 1}`, ...place(at) }));
    await fleet.configure(STACK, { hosts, podsPerHost: 4 });
    await step(`16x4 on ${machines}: up`, () => podlab(0, "start", STACK));
    await step(`16x4 on ${machines}: down`, () => podlab(0, "stop", STACK));
  }
}

async function podlab(code: number, ...args: readonly string[]): Promise<string> {
  const { exitCode, all } = await fleet!.podlab(...args);
  if (exitCode !== code) throw new Error(`podlab ${args.join(" ")} ended with ${exitCode} instead of ${code}:\n${all}`);
  return all;
}

async function step<T>(title: string, run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const took = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    const done = await run();
    process.stdout.write(`${title}: yes, ${took()}\n`);
    return done;
  } catch (error) {
    process.stdout.write(`${title}: NO, ${took()}\n`);
    throw error;
  }
}
