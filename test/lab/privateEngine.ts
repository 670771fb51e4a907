/**
 * A Docker engine for one test alone, to be restarted, stopped, starved and cut off: on a machine of its own, as far as the
 * kernel can give one, with a disk, processes, interfaces, firewall, uptime and /run that are not this machine's. All of it
 * ends with the test's process, however that ends. Needs root on Linux.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { removeGroup } from "../engines/controlGroup.ts";
import { eventually } from "./harness.ts";
import { folderOf } from "./ownership.ts";

/** In its /run, which a loss of power empties; and not where podlab would start an engine by itself. */
const HOST = "unix:///run/engine.sock";
const CGROUPS = "/sys/fs/cgroup";

/** Ends with its standard input, which ends with this process. Whoever is orphaned there needs no parent to be gone. */
const STAY = "echo ready && exec env --ignore-signal=CHLD cat > /dev/null";

export class PrivateEngine {
  readonly #name: string;
  /** Holds the disk, which outlives a loss of power. */
  readonly #disk: ChildProcess;
  #machine!: ChildProcess;
  /** The machine's first process, as this machine numbers it. */
  #first = 0;

  private constructor(name: string, disk: ChildProcess) {
    this.#name = name;
    this.#disk = disk;
  }

  /** Booted, without an image. @param name of the lab that will be on it, which the caller owns @param daemon its daemon.json */
  static async create(name: string, daemon: object = {}): Promise<PrivateEngine> {
    const folder = folderOf(name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "disk"), { recursive: true });
    // This machine's own might contradict the arguments.
    writeFileSync(join(folder, "daemon.json"), JSON.stringify(daemon));
    const mount = `mount -t tmpfs tmpfs ${folder}/disk && ${STAY}`;
    const engine = new PrivateEngine(name, await held("unshare", ["--mount", "sh", "-c", mount]));
    await engine.boot();
    return engine;
  }

  async boot(): Promise<void> {
    const namespaces = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const justBooted = ["--time", "--boottime", `-${Math.floor(uptime())}`];
    // A new namespace takes this machine's forwarding over, which a machine that has just booted does not have.
    const begin = `mount -t tmpfs tmpfs /run && ip link set lo up && sysctl -qw net.ipv4.ip_forward=0 && ${STAY}`;
    const unshare = ["unshare", ...namespaces, ...justBooted, "sh", "-c", begin];
    this.#machine = await held("nsenter", [`--mount=/proc/${this.#disk.pid}/ns/mnt`, ...unshare]);
    const { pid } = this.#machine;
    this.#first = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
    await this.startEngine();
  }

  /** All that runs there is gone at once; what was written to the disk stays. */
  async losePower(): Promise<void> {
    process.kill(this.#first, "SIGKILL");
    await ended(this.#machine);
    await this.#removeCgroups();
  }

  async startEngine(): Promise<void> {
    const folder = folderOf(this.#name);
    const own = ["--config-file", join(folder, "daemon.json"), "--data-root", join(folder, "disk"), "--host", HOST];
    const groups = ["--cgroup-parent", `/${this.#cgroup}`, "--exec-opt", "native.cgroupdriver=cgroupfs"];
    // Nobody's child: nsenter would stop with it, and not go on.
    await this.run("sh", "-c", '"$@" >> "$0" 2>&1 &', join(folder, "dockerd.log"), "dockerd", ...own, ...groups);
    await eventually(async () => (await this.run("docker", "version")).exitCode === 0 || undefined);
  }

  /** In good order, and its containers with it, as a service manager does. */
  async stopEngine(): Promise<void> {
    const pid = await this.signalEngine("TERM");
    await eventually(async () => (await this.run("kill", "-0", pid)).exitCode !== 0 || undefined);
  }

  /** Only it: hosts have an engine of the same name. @returns its process id there */
  async signalEngine(signal: "TERM" | "STOP" | "CONT"): Promise<string> {
    const { stdout: pid } = await this.run("cat", "/run/docker.pid");
    await this.run("kill", `-${signal}`, pid);
    return pid;
  }

  /** Leaves so many bytes on its disk, besides those that are used. */
  async leaveRoom(bytes: number): Promise<void> {
    const disk = join(folderOf(this.#name), "disk");
    const used = "$(df --output=used --block-size=1 . | tail -n 1)";
    // What is written between the two commands makes the second one fail: a disk can't be smaller than what is on it.
    const resize = `cd ${disk}; for i in 1 2 3 4 5 6 7 8 9; do mount -o remount,size=$((${used} + ${bytes})) . && exit; done; exit 1`;
    const { exitCode, all } = await this.run("sh", "-c", resize);
    if (exitCode !== 0) throw new Error(`the disk could not be made smaller: ${all}`);
  }

  /** Brings an image of this machine's engine. */
  async bring(image: string): Promise<void> {
    const load = this.#there("env", `DOCKER_HOST=${HOST}`, "docker", "load");
    await execa("sh", ["-c", 'docker save "$0" | "$@"', image, ...load]);
  }

  /** A command on that machine, with that engine. How it ends is the caller's to judge. */
  run(...command: readonly string[]) {
    const [nsenter, ...args] = this.#there(...command);
    return execa(nsenter, args, { reject: false, all: true, stdin: "ignore", env: { DOCKER_HOST: HOST } });
  }

  /**
   * Waits for a process there, in whatever container: one with that in its command line. Looks so often that a step of some
   * tenths of a second is not missed.
   * @throws Error after a minute
   */
  async runs(words: string): Promise<void> {
    // In brackets the first letter does not match itself: the one that looks has the words in its command line, too.
    const pattern = `[${words[0]}]${words.slice(1)}`;
    const look = 'until pgrep --full -- "$0" > /dev/null; do sleep 0.01; done';
    const { exitCode } = await this.run("timeout", "60", "sh", "-c", look, pattern);
    if (exitCode !== 0) throw new Error(`no process with ${words} in its command line was seen within 60 s`);
  }

  async remove(): Promise<void> {
    await this.losePower();
    this.#disk.kill();
    await ended(this.#disk);
    rmSync(folderOf(this.#name), { recursive: true, force: true });
  }

  #there(...command: readonly string[]): [string, ...string[]] {
    return ["nsenter", "--target", String(this.#first), "--mount", "--net", "--pid", "--time", "--", ...command];
  }

  get #cgroup(): string {
    return `podlab-${this.#name}`;
  }

  /** The kernel's groups of the containers: they are in a file system that is this machine's, too. */
  async #removeCgroups(): Promise<void> {
    for (const place of [CGROUPS, ...readdirSync(CGROUPS).map((controller) => join(CGROUPS, controller))]) {
      // A process that was killed takes a moment to be gone.
      await eventually(async () => (removeGroup(join(place, this.#cgroup)) ? true : undefined));
    }
  }
}

/** A process that has said that it is ready, and stays. */
async function held(file: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  if (child.exitCode !== null) throw new Error(`${file} ${args.join(" ")}: ${said}`);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
