/** Several machines of their own, joined as a Docker Swarm; podlab runs on the first. */
import { join } from "node:path";
import { stringify } from "yaml";
import { stackFile } from "../../lab-scripts/lab/project.ts";
import { baseImage } from "./build.ts";
import { Machine, type MachineOptions, type Ran } from "./machine.ts";
import { traces } from "./steps.ts";
import { joinSwarm, Trunk } from "./trunk.ts";

const NAMES = ["one", "two", "three"] as const;
/** Where nobody else is: the trunk leads to machines of this run alone. */
const LISTEN = ["--host", "tcp://0.0.0.0:2375", "--tls=false"];

export class Fleet {
  readonly machines: readonly Machine[];
  readonly #trunk: Trunk;
  #addresses: readonly string[] = [];

  private constructor(trunk: Trunk, machines: readonly Machine[]) {
    this.#trunk = trunk;
    this.machines = machines;
  }

  /** Boots and joins them. The first has the image that nodes are built from. */
  static async create(count: number, options: MachineOptions = {}): Promise<Fleet> {
    const { dockerd = [] } = options;
    const machines = NAMES.slice(0, count).map(() => new Machine({ ...options, dockerd: [...dockerd, ...LISTEN] }));
    const fleet = new Fleet(await Trunk.create(), machines);
    try {
      await Promise.all(machines.map((machine) => machine.boot()));
      const addresses: string[] = [];
      for (const machine of machines) addresses.push(await fleet.#trunk.plug(machine));
      fleet.#addresses = addresses;
      await joinSwarm(machines, addresses);
      const { image, name } = await baseImage();
      await machines[0]!.bring(image, name);
      return fleet;
    } catch (error) {
      await fleet.remove();
      throw error;
    }
  }

  /** Writes the stack's file, on the first machine's view of the clone. @param lab without its machines */
  async configure(stack: string, lab: object): Promise<void> {
    const machines = this.#addresses.map((address, at) => ({
      name: NAMES[at],
      ...(at > 0 ? { host: `tcp://${address}:2375` } : {}),
    }));
    const text = stringify({ config: { "podlab:lab": { machines, ...lab } } });
    await this.machines[0]!.inside("sh", "-c", 'printf %s "$0" > "$1"', text, stackFile(stack));
  }

  podlab(...args: readonly string[]): Promise<Ran> {
    return this.machines[0]!.run("node", join("lab-scripts", "podlab.mjs"), ...args);
  }

  /** Pulls the cable of a machine, or plugs it in again. */
  cable(at: number, state: "up" | "down"): Promise<void> {
    return this.#trunk.set(at, state);
  }

  /** The nodes of a lab with the machine and the id of each. */
  async nodes(lab: string): Promise<Map<string, string>> {
    const listed = await Promise.all(
      this.machines.map(async (machine, at) => {
        const { stdout } = await machine.inside("docker", "ps", "--all", "--format", "{{.Names}} {{.ID}}");
        const nodes = stdout.split("\n").filter((line) => line.startsWith(`${lab}.`));
        return nodes.map((line) => [line.split(" ")[0]!, `${NAMES[at]} ${line.split(" ")[1]}`] as const);
      }),
    );
    return new Map(listed.flat());
  }

  /** What a lab could leave on any of them. */
  async traces(): Promise<string[]> {
    const all = await Promise.all(this.machines.map((machine) => traces(machine)));
    return all.flatMap((lines, at) => lines.map((line) => `${NAMES[at]}: ${line}`));
  }

  async remove(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.remove()));
    await this.#trunk.remove();
  }
}
