/** A real lab for a test: a stack with a state and a config of its own in a folder that goes with it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { ROOT, stackFile } from "../../lab-scripts/lab/project.ts";
import { tearDown } from "../../lab-scripts/lab/teardown.ts";
import { folderOf, own } from "./ownership.ts";
import { dropState } from "./pulumiState.ts";

export interface CheckRun {
  readonly exitCode: number;
  readonly report: {
    summary: { total: number; passed: number; failed: number; errors: number };
    checks: { id: string; kind: string; from: string; to: string; verdict: string; reason: string; observed: object }[];
  };
  readonly stderr: string;
}

export class TestLab {
  readonly name: string;
  readonly stack: Stack;
  readonly #specFile: string;
  readonly #clear: () => void;

  private constructor(name: string, stack: Stack, specFile: string, clear: () => void) {
    this.name = name;
    this.stack = stack;
    this.#specFile = specFile;
    this.#clear = clear;
  }

  /** A stack that is not up yet. @param name also the lab's: `test-` and what no other test has */
  static async create(name: string, spec: object): Promise<TestLab> {
    const { release } = await own(name);
    await tearDown(() => labObjects(name)); // of an earlier run that was killed
    const folder = folderOf(name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "state"), { recursive: true });
    const project = parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8"));
    Object.assign(project, {
      main: join(ROOT, "infra/index.ts"),
      stackConfigDir: "stacks",
      backend: { url: `file://${folder}/state?metadata=skip` },
    });
    writeFileSync(join(folder, "Pulumi.yaml"), stringify(project));
    const specFile = join(folder, "stacks", `Pulumi.${name}.yaml`);
    writeSpec(specFile, spec);
    return new TestLab(name, await stackIn(folder, name), specFile, () => {
      rmSync(folder, { recursive: true, force: true });
      release();
    });
  }

  /** A stack of this clone's own, where `npm start` finds it, too. */
  static async createHere(name: string, spec: object): Promise<TestLab> {
    const { release } = await own(name);
    await tearDown(() => labObjects(name));
    dropState(name);
    writeSpec(stackFile(name), spec);
    return new TestLab(name, await stackIn(ROOT, name), stackFile(name), () => {
      rmSync(stackFile(name), { force: true });
      dropState(name);
      release();
    });
  }

  setSpec(spec: object): void {
    writeSpec(this.#specFile, spec);
  }

  /** `npm start`, of a stack of this clone. @throws its whole output, where it ends with another code than 0 */
  async start(): Promise<void> {
    const cli = join(ROOT, "lab-scripts/podlab.mjs");
    const { exitCode, all } = await execa(process.execPath, [cli, "start", this.name], {
      all: true,
      reject: false,
      stdin: "ignore",
      timeout: 180_000,
    });
    if (exitCode !== 0) throw new Error(`npm start ended with ${exitCode ?? "no code, after 180 s"}:\n${all}`);
  }

  async up() {
    return this.stack.up({ parallel: 64, color: "never" });
  }

  /** The ids of what a preview would change, such as `host01-state: update`. */
  async preview(): Promise<string[]> {
    return (await this.previewed()).changes;
  }

  /** The same, and what is said about it. */
  async previewed(): Promise<{ changes: string[]; diagnostics: string }> {
    const changes = new Set<string>();
    const said: string[] = [];
    await this.stack.preview({
      color: "never",
      onEvent: ({ resourcePreEvent, diagnosticEvent }) => {
        if (diagnosticEvent) said.push(diagnosticEvent.message.trim());
        if (!resourcePreEvent) return;
        const { op, urn } = resourcePreEvent.metadata;
        // A replacement is told in three steps.
        const what = op.replace(/^(create-replacement|delete-replaced)$/, "replace");
        if (what !== "same" && what !== "refresh") changes.add(`${urn.split("::").at(-1)}: ${what}`);
      },
    });
    return { changes: [...changes].sort(), diagnostics: said.join("\n") };
  }

  async check(...args: string[]): Promise<CheckRun> {
    const cli = join(ROOT, "lab-scripts/cli.ts");
    const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, "check", this.name, "--json", ...args], {
      reject: false,
    });
    return { exitCode: exitCode ?? -1, report: stdout ? JSON.parse(stdout) : undefined, stderr };
  }

  /** Standard output of a command in a node. */
  async in(node: string, command: string): Promise<string> {
    const { stdout } = await execa("docker", ["exec", `${this.name}.${node}`, "sh", "-c", command], {
      timeout: 20_000,
    });
    return stdout;
  }

  /** `name id start-time` of every node, and of every container inside the hosts: who changes here was touched. */
  async identities(): Promise<Map<string, string>> {
    const format = "{{.Name}} {{.Id}} {{.State.StartedAt}}";
    const { stdout: ids } = await execa("docker", ["ps", "-aq", "--filter", `label=dev.podlab.lab=${this.name}`]);
    const { stdout } = await execa("docker", ["inspect", "--format", format, ...ids.split("\n").filter(Boolean)]);
    const found = new Map<string, string>();
    for (const row of stdout.split("\n")) {
      const [name, ...identity] = row.split(" ");
      const node = name!.slice(this.name.length + 2);
      found.set(node, identity.join(" "));
      if (!node.startsWith("host")) continue;
      const inner = await this.in(node, `docker inspect --format '${format}' $(docker ps -aq) 2>/dev/null || true`);
      for (const line of inner.split("\n").filter(Boolean)) {
        const [container, ...rest] = line.split(" ");
        found.set(`${node}${container}`, rest.join(" "));
      }
    }
    return found;
  }

  /** What of the lab is left on the machine after its removal: nothing. */
  async remove(): Promise<readonly string[]> {
    const { left } = await tearDown(() => labObjects(this.name));
    this.#clear();
    return left;
  }
}

function writeSpec(file: string, spec: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stringify({ config: { "podlab:lab": spec } }));
}

function stackIn(workDir: string, stackName: string): Promise<Stack> {
  const envVars = { PULUMI_CONFIG_PASSPHRASE: "" };
  return LocalWorkspace.createOrSelectStack({ stackName, workDir }, { envVars });
}

/** Runs `look` until it gives something, for as long as a host takes to boot. */
export async function eventually<T>(look: () => Promise<T | undefined>, within = 60_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`not seen within ${within / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
