/**
 * A plan's namespaces made real without engines: the agent makes each one, of a node or of a pod, what the plan says, as it does
 * in a lab's containers; cables and pods' links, which an engine would provide, are made here.
 * A lab may be told to be otherwise than planned: what differs is then said to `ip` and `iptables` (commands.ts).
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Interface, Listener, Netns } from "../../infra/packet/netns.ts";
import type { NodeState } from "../../infra/plan/nodeState.ts";
import { nodeStates } from "../../infra/plan/nodeStates.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { NetnsLocator } from "../../lab-scripts/verify/job.ts";
import { AGENT } from "./agent.ts";
import { changes } from "./commands.ts";
import { deleteNamespaces, OWN_PREFIX } from "./leftovers.ts";
import { run } from "./namespaces.ts";

/** Where the segments' bridges live: a namespace of their own, as the machine is for a real lab. */
const MACHINE = "machine";
/** Scripts of one lab that run at once. */
const SIDE_BY_SIDE = 3;

/** As `podlab-node observe` tells it. */
export interface AgentDifference {
  readonly namespace: string;
  readonly subject: string;
  readonly wanted: string;
  readonly found: string;
}

const execute = promisify(execFile);
const alive = new Set<PlannedLab>();
let labs = 0;

export class PlannedLab {
  readonly #plan: LabPlan;
  readonly #wanted: readonly Netns[];
  #states: ReadonlyMap<string, NodeState>;
  readonly #prefix: string;
  /** What the agents keep, a folder a namespace. */
  readonly #folder = mkdtempSync(join(tmpdir(), "podlab-planned-"));
  #servers: ChildProcess | undefined;

  /** @param wanted how the namespaces are to be in the end; as planned unless told */
  constructor(plan: LabPlan, wanted: readonly Netns[] = plan.netns) {
    this.#plan = plan;
    this.#wanted = wanted;
    this.#states = nodeStates(plan);
    labs += 1;
    this.#prefix = `${OWN_PREFIX}${labs}-`;
  }

  /** What `ip netns` calls a namespace of the plan. */
  nameOf(id: string): string {
    return this.#prefix + id.replace("/", ".");
  }

  /** For verify: how a namespace of the plan is entered on this machine. */
  readonly netnsLocator = ({ id }: Netns): NetnsLocator => ({ name: this.nameOf(id) });

  /** @throws Error with what `ip` or the agent said when the kernel does not take it */
  async build(): Promise<void> {
    if (alive.size === 0) heedTheEnd();
    alive.add(this);
    await script(["ip", "-batch", "-"], this.#namespaces().concat(this.#links()).join("\n"), "making links");
    await script(["ip", "-n", this.nameOf(MACHINE), "-batch", "-"], this.#segments().join("\n"), "joining segments");
    // A pod has no carrier before its host has plugged it in.
    const [pods, nodes] = [true, false].map((isPod) =>
      this.#plan.netns.filter(({ role }) => (role === "pod") === isPod),
    );
    for (const some of [nodes!, pods!]) await this.#setAll(some);
    await this.#serve();
  }

  /** A command in a namespace of the plan. */
  in(id: string, command: string): string {
    return run("ip", "netns", "exec", this.nameOf(id), ...command.split(" "));
  }

  /** The same through a shell. */
  shell(id: string, text: string): void {
    run("ip", "netns", "exec", this.nameOf(id), "sh", "-c", text);
  }

  /** Asks the agent what of a namespace is not as planned. */
  async differences(id: string): Promise<AgentDifference[]> {
    return JSON.parse(await this.#agent(id, "observe")).differences;
  }

  /** Has the agent make a namespace what is planned. @returns what it did */
  async repair(id: string): Promise<string[]> {
    return (await this.#agent(id, "apply", "--stored")).split("\n").filter(Boolean);
  }

  /** Tells the nodes the rules of another plan of the same namespaces, and has those apply it for which it is another state. */
  async replan(plan: LabPlan): Promise<void> {
    const before = this.#states;
    this.#states = nodeStates(plan);
    const told = plan.nodes.filter(
      ({ name }) => JSON.stringify(before.get(name)!.kernel) !== JSON.stringify(this.#states.get(name)!.kernel),
    );
    await Promise.all(
      told.map(({ name }) => {
        const netns = plan.netns.find(({ id }) => id === name)!;
        const text = `${this.#apply(netns)}\n`;
        return script(["ip", "netns", "exec", this.nameOf(name), "sh", "-eu"], text, `setting ${name}`);
      }),
    );
  }

  /** Leaves nothing behind. Never throws: it also runs when the process ends. */
  remove(): void {
    if (!alive.delete(this)) return;
    if (alive.size === 0) heedTheEnd(false);
    this.#servers?.kill("SIGKILL");
    deleteNamespaces([MACHINE, ...this.#plan.netns.map(({ id }) => id)].map((id) => this.nameOf(id)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #namespaces(): string[] {
    return [MACHINE, ...this.#plan.netns.map(({ id }) => id)].map((id) => `netns add ${this.nameOf(id)}`);
  }

  /** The far end of a pod's pair lies loose in its host until the agent has made the bridge there. */
  #links(): string[] {
    return this.#ports().map(({ netns, port, number }) => {
      const near = `${port.name} mtu ${port.mtu} netns ${this.nameOf(netns.id)}`;
      const far = netns.role === "pod" ? `veth${number}` : `port${number}`;
      const where = this.nameOf(netns.role === "pod" ? netns.node : MACHINE);
      return `link add ${near} type veth peer name ${far} mtu ${port.mtu} netns ${where}`;
    });
  }

  #segments(): string[] {
    const names = this.#plan.segments.map(({ name }) => name);
    const bridge = (link: string) => `segment${names.indexOf(link)}`;
    return [
      ...names.flatMap((name) => [`link add ${bridge(name)} type bridge`, `link set dev ${bridge(name)} up`]),
      ...this.#ports()
        .filter(({ netns }) => netns.role !== "pod")
        .map(({ port, number }) => `link set dev port${number} master ${bridge(port.link)} up`),
    ];
  }

  #ports(): { netns: Netns; port: Interface; number: number }[] {
    const ports = this.#plan.netns.flatMap((netns) => netns.interfaces.filter(isPort).map((port) => ({ netns, port })));
    return ports.map((one, number) => ({ ...one, number }));
  }

  async #setAll(some: readonly Netns[]): Promise<void> {
    const waiting = [...some];
    const worker = async () => {
      for (let netns = waiting.shift(); netns; netns = waiting.shift()) await this.#set(netns);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  }

  async #set(netns: Netns): Promise<void> {
    mkdirSync(this.#rootOf(netns.id));
    const text = [
      ...netns.interfaces.filter(isPort).map(handOver),
      this.#apply(netns),
      ...this.#plugging(netns),
      ...changes(netns, this.#wantedOf(netns)),
    ].join("\n");
    await script(["ip", "netns", "exec", this.nameOf(netns.id), "sh", "-eu"], text, `setting ${netns.id}`);
  }

  /** The command by which the agent is told a namespace's state. */
  #apply(netns: Netns): string {
    const root = this.#rootOf(netns.id);
    writeFileSync(join(root, "told.json"), JSON.stringify(this.#stateOf(netns)));
    return `${AGENT} --root ${root} apply --generation 1 < ${root}/told.json`;
  }

  /** A node's state without what takes an engine or a daemon; a pod is a node of its own here. */
  #stateOf(netns: Netns): NodeState {
    const node = this.#states.get(netns.node)!;
    const { kernel } = netns.role === "pod" ? node.pods[netns.id.split("/")[1]!]! : node;
    const servers = this.#serves(netns) ? node.servers : {};
    return { version: 2, lab: this.#plan.lab, node: netns.id, kernel, files: {}, servers, pods: {} };
  }

  #plugging({ id, interfaces }: Netns): string[] {
    const bridge = interfaces.find(({ kind }) => kind === "bridge");
    const pods = bridge ? this.#ports().filter(({ netns: { role, node } }) => role === "pod" && node === id) : [];
    return pods.flatMap(({ number }) => [
      `ip link set dev veth${number} master ${bridge!.name} up`,
      ...(bridge!.hairpin ? [`bridge link set dev veth${number} hairpin on`] : []),
    ]);
  }

  /** @throws Error with what the agent said when it could not do what it was told */
  async #agent(id: string, ...words: readonly string[]): Promise<string> {
    const command = ["netns", "exec", this.nameOf(id), AGENT, "--root", this.#rootOf(id), ...words];
    try {
      return (await execute("ip", command)).stdout;
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      throw new Error(`podlab-node ${words.join(" ")} in ${id}: ${stderr?.trim() || message}`);
    }
  }

  #rootOf(id: string): string {
    return join(this.#folder, id.replace("/", "."));
  }

  #wantedOf({ id }: Netns): Netns {
    return this.#wanted.find((one) => one.id === id)!;
  }

  /** Whether a node's server is the agent's: it serves all of its ports or none. */
  #serves(netns: Netns): boolean {
    const wanted = this.#wantedOf(netns).listeners.map(portOf);
    return netns.role !== "pod" && netns.listeners.every((one) => wanted.includes(portOf(one)));
  }

  /** One process serves whatever no agent does. */
  async #serve(): Promise<void> {
    const wanted = this.#plan.netns.flatMap((netns) => {
      const served = this.#serves(netns) ? netns.listeners.map(portOf) : [];
      return this.#wantedOf(netns)
        .listeners.filter((one) => !served.includes(portOf(one)))
        .map(({ protocol, port, identity = "" }) => ({ netns: this.nameOf(netns.id), protocol, port, identity }));
    });
    if (wanted.length === 0) return;
    const program = new URL("listeners.py", import.meta.url).pathname;
    const child = spawn("python3", ["-I", "-S", program], { stdio: ["pipe", "pipe", "inherit"] });
    this.#servers = child;
    child.stdin.on("error", () => {}); // its end is told below
    child.stdin.write(`${JSON.stringify(wanted)}\n`);
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`listeners.py ended with ${code}`)));
    ended.catch(() => {});
    await Promise.race([once(child.stdout, "data"), ended]);
  }
}

const portOf = ({ protocol, port }: Listener) => `${protocol} ${port}`;

/** As Docker hands an interface of a network without IPv6 over: up, with its first address, and without a link-local one. */
const handOver = ({ name, addresses: [first] }: Interface) =>
  `echo 1 > /proc/sys/net/ipv6/conf/${name}/disable_ipv6; ip address add ${first} dev ${name}; ip link set dev ${name} up`;

const isPort = ({ kind }: Interface) => kind === "ethernet" || kind === "veth";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** While there are labs, this process removes them before it ends, however it ends; what SIGKILL leaves, `sweep` finds. */
function heedTheEnd(heed = true): void {
  const change = heed ? process.on.bind(process) : process.off.bind(process);
  change("exit", removeAll);
  for (const signal of SIGNALS) change(signal, removeAllAndEnd);
}

function removeAll(): void {
  for (const lab of alive) lab.remove();
}

function removeAllAndEnd(signal: NodeJS.Signals): void {
  removeAll(); // takes this handler off, too
  process.kill(process.pid, signal);
}

/** Runs a program that reads its orders from standard input. */
async function script(command: readonly string[], text: string, what: string): Promise<void> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ["pipe", "ignore", "pipe"] });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (piece: string) => said.push(piece));
  child.stdin.on("error", () => {}); // a program that ends early says why
  child.stdin.end(`${text}\n`);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${what}: ${said.join("").trim() || `exit code ${code}`}`);
}
