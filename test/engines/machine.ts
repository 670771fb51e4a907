/** A machine of its own for a Docker engine, as far as namespaces can give one. It ends with this process, however that ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { removeGroup } from "./controlGroup.ts";

const ROOT = join(import.meta.dirname, "../..");
const CGROUPS = "/sys/fs/cgroup";
/** Names of what is outside its namespaces begin with this and the number of the process that it belongs to; its own number follows. */
const MARK = "podlab-engine-";
/** In its own /run. Not the default one: if anything goes wrong with that, nobody asks this machine's engine instead. */
const SOCKET = "/run/podlab-engine.sock";
const DIRECTORIES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface MachineOptions {
  /** Holds dockerd, containerd and runc; this machine's are used unless told. */
  readonly binaries?: string;
  /** A root file system to run on instead of this machine's. */
  readonly rootfs?: string;
  readonly dockerd?: readonly string[];
  readonly cgroup2?: boolean;
  /** Has subordinate user and group ids for user `nobody`. */
  readonly subordinate?: boolean;
  /** Its user is somewhere else and has only its socket, as with an engine in a virtual machine. */
  readonly elsewhere?: boolean;
}

export interface Ran {
  readonly exitCode: number;
  /** What it printed on both outputs. */
  readonly all: string;
  readonly stdout: string;
}

export class Machine {
  readonly #options: MachineOptions;
  static #count = 0;
  readonly #cgroup = `${MARK}${process.pid}-${Machine.#count++}`;
  readonly #work = mkdtempSync(join(tmpdir(), `${this.#cgroup}-`));
  readonly #env: Record<string, string>;
  #holder: ChildProcess | undefined;
  /** The machine's first process, as this machine numbers it. */
  #first = 0;
  #removed: Promise<void> | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#env = environment(this.#work, options.binaries);
  }

  /** Waits until its engine answers. @throws Error with the end of the engine's log */
  async boot(): Promise<void> {
    const { rootfs, cgroup2, subordinate, dockerd = [] } = this.#options;
    const work = this.#work;
    const machine = [
      ...["--work", work, "--project", ROOT, "--keep", homedir(), "--keep", "/usr/local"],
      ...(rootfs ? ["--root", rootfs] : []),
      ...(cgroup2 ? ["--cgroup2"] : []),
      ...(subordinate ? ["--subordinate"] : []),
    ];
    const engine = [
      ...["dockerd", "--config-file", join(work, "daemon.json"), "--data-root", join(work, "disk")],
      ...["--host", `unix://${SOCKET}`, "--cgroup-parent", `/${this.#cgroup}`],
      ...["--exec-opt", "native.cgroupdriver=cgroupfs", ...dockerd],
    ];
    const boot = ["sh", join(import.meta.dirname, "boot.sh"), ...machine, "--", ...engine];
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    // In a session of its own: Ctrl-C ends the run, which removes it.
    const holder = spawn("unshare", [...namespaces, ...boot], { env: this.#env, stdio: "pipe", detached: true });
    this.#holder = holder;
    let said = "";
    holder.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await Promise.race([once(holder.stdout, "data"), once(holder, "exit")]);
    if (hasEnded(holder)) throw new Error(said.trim());
    this.#first = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8"));
  }

  /** Its first process: namespaces are found by it. */
  get process(): number {
    return this.#first;
  }

  /** Runs a command as its user, in the clone's folder. How it ends is the caller's to judge. */
  run(...command: readonly string[]): Promise<Ran> {
    if (!this.#options.elsewhere) return this.inside(...command);
    // The same files and another kernel's, as it seems: neither processes nor interfaces of the engine.
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    return this.inside("unshare", ...namespaces, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", ...command);
  }

  /** The same, where the engine is. */
  async inside(...command: readonly string[]): Promise<Ran> {
    const [nsenter, ...args] = this.#there(command);
    const { exitCode, all, stdout } = await execa(nsenter!, args, {
      ...{ reject: false, all: true, stdin: "ignore", extendEnv: false, env: this.#env },
      timeout: 300_000,
    });
    return { exitCode: exitCode ?? -1, all, stdout };
  }

  /** Brings an image of this machine's engine, and names it there. */
  async bring(image: string, name: string): Promise<void> {
    const load = this.#there(["env", `DOCKER_HOST=unix://${SOCKET}`, "docker", "load"]);
    await execa("sh", ["-c", 'docker save "$0" | "$@"', image, ...load]);
    if (image !== name) await this.inside("docker", "tag", image, name);
  }

  /** Ends all that runs there. Its disk, network and mounts go with it. */
  remove(): Promise<void> {
    this.#removed ??= this.#remove();
    return this.#removed;
  }

  async #remove(): Promise<void> {
    if (this.#holder && !hasEnded(this.#holder)) {
      const gone = once(this.#holder, "exit");
      this.#holder.kill("SIGKILL");
      await gone;
    }
    await removeCgroups(this.#cgroup);
    rmdirSync(this.#work);
  }

  #there(command: readonly string[]): string[] {
    return [
      "nsenter",
      "--target",
      String(this.#first),
      "--mount",
      "--net",
      "--pid",
      "--",
      "env",
      `--chdir=${ROOT}`,
      ...command,
    ];
  }
}

/** Removes what a run that was killed has left: empty folders. */
export async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const [, cgroup, pid] = new RegExp(`^(${MARK}(\\d+)-\\d+)-`).exec(name) ?? [];
    if (!cgroup || existsSync(`/proc/${pid}`)) continue;
    await removeCgroups(cgroup);
    rmdirSync(join(tmpdir(), name));
  }
}

/** In the hierarchies of either version. */
async function removeCgroups(name: string): Promise<void> {
  for (const place of [CGROUPS, ...readdirSync(CGROUPS).map((inner) => join(CGROUPS, inner))]) {
    for (let tries = 0; !removeGroup(join(place, name)); tries++) {
      // A process that was killed takes a moment to be gone.
      if (tries > 100) throw new Error(`${join(place, name)} still has processes`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** A user's, without what this run itself was given. */
function environment(work: string, binaries: string | undefined): Record<string, string> {
  const { HOME = homedir(), PATH = "", TERM = "dumb", XDG_CACHE_HOME } = process.env;
  return {
    ...{ HOME, TERM, NODE: process.execPath, DOCKER_HOST: `unix://${SOCKET}`, LANG: "C.UTF-8" },
    ...(XDG_CACHE_HOME ? { XDG_CACHE_HOME } : {}),
    PATH: [join(work, "bin"), binaries, PATH, DIRECTORIES].filter(Boolean).join(":"),
  };
}
