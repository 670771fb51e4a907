/** Network namespaces for tests, without an engine: made with `ip netns`, and removed with all that is in them. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";

const POD_IMAGE = new URL("../../lab-scripts/node/pod/", import.meta.url).pathname;

/** Runs a command; its stderr is in the error when it fails. */
export function run(...command: readonly string[]): string {
  return execFileSync(command[0]!, command.slice(1), { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export class Namespaces {
  readonly #prefix: string;
  readonly #names: string[] = [];
  readonly #servers: ChildProcess[] = [];

  /** Names of this process' own, so that two runs don't meet. */
  constructor(prefix = `pl-test-${process.pid}-`) {
    this.#prefix = prefix;
  }

  /** The name that `ip netns` knows. */
  nameOf(short: string): string {
    return this.#prefix + short;
  }

  add(...shorts: readonly string[]): void {
    for (const short of shorts) {
      run("ip", "netns", "add", this.nameOf(short));
      this.#names.push(short);
      this.ip(short, "link set dev lo up");
    }
  }

  /** `ip` in a namespace. */
  ip(short: string, command: string): string {
    return run("ip", "-n", this.nameOf(short), ...command.split(" "));
  }

  /** Any command in a namespace. */
  in(short: string, command: string): string {
    return run("ip", "netns", "exec", this.nameOf(short), ...command.split(" "));
  }

  /** A veth pair between two namespaces, each end with its address; up. */
  join(one: string, address: string, other: string, otherAddress: string, names = [`to-${other}`, `to-${one}`]): void {
    const [near, far] = names as [string, string];
    this.ip(one, `link add ${near} type veth peer name ${far} netns ${this.nameOf(other)}`);
    this.ip(one, `addr add ${address} dev ${near}`);
    this.ip(other, `addr add ${otherAddress} dev ${far}`);
    this.ip(one, `link set dev ${near} up`);
    this.ip(other, `link set dev ${far} up`);
  }

  /** The pod image's server in a namespace. */
  serve(short: string, ports: readonly number[], identity: string): void {
    this.start(short, [`${POD_IMAGE}bin/serve`, ...ports.map(String)], { PODLAB_IDENTITY: identity });
  }

  /** A process that lives until `remove`. */
  start(short: string, command: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
    const args = ["netns", "exec", this.nameOf(short), ...command];
    const options = { stdio: "ignore" as const, env: { ...process.env, ...environment } };
    this.#servers.push(spawn("ip", args, options));
  }

  /** Waits, up to 5 s, until something listens on the TCP port. */
  async listening(short: string, port: number): Promise<void> {
    const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
    for (const until = Date.now() + 5_000; Date.now() < until; ) {
      const table = this.in(short, "cat /proc/net/tcp /proc/net/tcp6");
      if (table.split("\n").some((line) => line.includes(hex) && line.includes(" 0A "))) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`nothing listens on TCP port ${port} in ${short} after 5 s`);
  }

  remove(): void {
    for (const server of this.#servers) server.kill("SIGKILL");
    for (const short of this.#names.splice(0)) {
      try {
        run("ip", "netns", "del", this.nameOf(short));
      } catch {
        // gone already
      }
    }
  }
}
