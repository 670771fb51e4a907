/** A network between machines of their own (machine.ts): a switch in a namespace that nobody else is in, and a cable to each. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { execa } from "execa";
import type { Machine } from "./machine.ts";

/** RFC 5737, TEST-NET-2: routed nowhere, and not among a lab's own. */
const address = (at: number): string => `198.51.100.${at + 1}`;

export class Trunk {
  readonly #switch: ChildProcess;
  #plugged = 0;

  private constructor(held: ChildProcess) {
    this.#switch = held;
  }

  static async create(): Promise<Trunk> {
    const begin = "ip link add trunk type bridge && ip link set trunk up && echo ready && exec cat > /dev/null";
    const held = spawn("unshare", ["--net", "sh", "-c", begin], { stdio: ["pipe", "pipe", "inherit"], detached: true });
    await once(held.stdout!, "data");
    return new Trunk(held);
  }

  /** Plugs a machine in. @returns its address */
  async plug({ process }: Machine): Promise<string> {
    const at = this.#plugged++;
    const port = `port${at}`;
    await this.#ip("link", "add", port, "type", "veth", "peer", "name", "trunk0", "netns", String(process));
    await this.#ip("link", "set", port, "master", "trunk", "up");
    await inNetwork(process, "ip", "address", "add", `${address(at)}/24`, "dev", "trunk0");
    await inNetwork(process, "ip", "link", "set", "trunk0", "up");
    return address(at);
  }

  /** Pulls the cable of a machine, or plugs it in again. */
  async set(at: number, state: "up" | "down"): Promise<void> {
    await this.#ip("link", "set", `port${at}`, state);
  }

  async remove(): Promise<void> {
    const gone = once(this.#switch, "exit");
    this.#switch.kill("SIGKILL");
    await gone;
  }

  #ip(...args: readonly string[]) {
    return inNetwork(this.#switch.pid!, "ip", ...args);
  }
}

const inNetwork = (process: number, ...command: readonly string[]) =>
  execa("nsenter", [`--net=/proc/${process}/ns/net`, "--", ...command]);

/** Joins machines as a Docker Swarm, of which the first is the manager. */
export async function joinSwarm(machines: readonly Machine[], addresses: readonly string[]): Promise<void> {
  const [manager, ...workers] = machines;
  await succeed(manager!, "docker", "swarm", "init", "--advertise-addr", addresses[0]!);
  const token = await succeed(manager!, "docker", "swarm", "join-token", "--quiet", "worker");
  for (const [at, worker] of workers.entries()) {
    const own = addresses[at + 1]!;
    await succeed(
      worker,
      "docker",
      "swarm",
      "join",
      "--token",
      token.trim(),
      "--advertise-addr",
      own,
      `${addresses[0]}:2377`,
    );
  }
}

/** @returns what it printed @throws Error with all of it unless it ended well */
async function succeed(machine: Machine, ...command: readonly string[]): Promise<string> {
  const { exitCode, all, stdout } = await machine.inside(...command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${all}`);
  return stdout;
}
