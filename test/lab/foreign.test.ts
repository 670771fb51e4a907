/** What is not the lab's is never touched, whatever it is called; and what can't be read is told apart. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { Docker } from "../../infra/machine/docker.ts";
import { cloneId } from "../../infra/machine/owner.ts";
import { planHere } from "../../infra/survey.ts";
import { ROOT, stackFile } from "../../lab-scripts/lab/project.ts";
import { stackLab } from "../../lab-scripts/lab/stackSpec.ts";
import { own } from "./ownership.ts";
import { dropState, pulumiState } from "./pulumiState.ts";
import { type Registry, serveImage } from "./registry.ts";

const NAME = "test-foreign";
const CONTAINER = `${NAME}.host01`;
const NETWORK = `${NAME}.host01-net`;
const NEIGHBOUR = "test-foreign-neighbour";
let release: () => void;
let nodeImage: string;
let registry: Registry | undefined;

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [join(ROOT, "lab-scripts/podlab.mjs"), ...args], { reject: false, all: true, env });
const podlab = (command: string, env: Record<string, string> = {}) => run([command, NAME], env);

/** Two things with names of the lab's and without its labels: nobody's lab, and another lab's. */
async function removeOthers(): Promise<void> {
  await execa("docker", ["rm", "--force", CONTAINER], { reject: false });
  await execa("docker", ["network", "rm", NETWORK], { reject: false });
  await execa("docker", ["network", "rm", NEIGHBOUR], { reject: false });
}

/** Under its digest, and under the tag that hosts know it by. */
async function removeImage(image: string): Promise<void> {
  await execa("docker", ["rmi", image, image.replace("@sha256:", ":sha256-")], { reject: false });
}

beforeAll(async () => {
  ({ release } = await own(NAME));
  await removeOthers();
  const hosts = [{ name: "host01", segment: "10.237.1.0/24", podSubnet: "192.168.20.0/24", pods: [] }];
  writeFileSync(
    stackFile(NAME),
    stringify({ config: { "podlab:lab": { hosts, internet: { subnet: "203.0.113.0/27" } } } }),
  );
  const { stdout } = await execa("docker", ["image", "ls", "--quiet", "--filter", "reference=podlab/node"]);
  nodeImage = stdout.split("\n")[0]!;
  await execa("docker", [
    "network",
    "create",
    "--subnet",
    "10.237.9.0/24",
    "--label",
    "dev.podlab.lab=test-other",
    NETWORK,
  ]);
  await execa("docker", ["create", "--name", CONTAINER, "--entrypoint", "sleep", nodeImage, "1000"]);
});

afterAll(async () => {
  await removeOthers();
  rmSync(stackFile(NAME), { force: true });
  dropState(NAME);
  registry?.close();
  release?.();
});

test("a start names what has its names, and how to make room; a stop leaves it alone", async () => {
  const started = await podlab("start");
  expect(started.exitCode).toBe(3);
  expect(started.all).toMatch(/a container named test-foreign\.host01 is there already .* make room \(docker rename/);
  expect(started.all).toMatch(/a network named test-foreign\.host01-net is there already/);
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(stopped.all).toContain("lab test-foreign: nothing of it is on the Docker engine at unix:///");
  await execa("docker", ["container", "inspect", CONTAINER]);
  await execa("docker", ["network", "inspect", NETWORK]);
});

/** What a stack has made, as far as its labels say. */
async function made(lab: string, owner: string, stack = NAME): Promise<void> {
  const labels = Object.entries({ lab, owner, stack }).flatMap(([key, value]) => [
    "--label",
    `dev.podlab.${key}=${value}`,
  ]);
  await execa("docker", ["network", "create", ...labels, "--subnet", "10.237.9.0/24", NETWORK]);
}

test("a lab of that name that another clone made is not stopped, and nothing is forgotten; unless it is asked for", async () => {
  await removeOthers();
  await made(NAME, "0123@elsewhere:/home/me/podlab");
  await run(["pulumi", "stack", "init", NAME, "--non-interactive"]);
  const started = await podlab("start");
  expect(started.exitCode, started.all).toBe(2);
  expect(started.all).toMatch(
    /already \(test-foreign\.host01-net\): a clone of podlab that was in \/home\/me\/podlab on elsewhere/,
  );
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(2);
  expect(stopped.all).toMatch(
    /is not this stack's, and stays: .*on elsewhere made it; .*npm stop -- test-foreign --foreign/,
  );
  await execa("docker", ["network", "inspect", NETWORK]);
  expect(existsSync(pulumiState(NAME))).toBe(true);
  const foreign = await run(["stop", NAME, "--foreign"]);
  expect(foreign.exitCode, foreign.all).toBe(0);
  expect(foreign.all).toContain("lab test-foreign: 0 containers, 1 networks");
  expect(existsSync(pulumiState(NAME))).toBe(false);
});

test("what this clone made for a stack is stopped, whatever the lab was called then and the stack's file says now", async () => {
  const config = readFileSync(stackFile(NAME), "utf8");
  await made("test-foreign-before", cloneId());
  writeFileSync(stackFile(NAME), "config: {");
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(stopped.all).toContain(
    "lab test-foreign-before: 0 containers, 1 networks and 0 volumes removed; no process, ",
  );
  writeFileSync(stackFile(NAME), config);
});

test("a lab that another stack of this clone made is named with that stack", async () => {
  await made(NAME, cloneId(), "test-another");
  for (const command of ["start", "stop"]) {
    const { exitCode, all } = await podlab(command);
    expect(exitCode, all).toBe(2);
    expect(all).toMatch(/stack test-another of this clone made it; npm stop -- test-another removes it/);
  }
  const stopped = await run(["stop", "test-another"]);
  expect(stopped.all).toContain("lab test-foreign: 0 containers, 1 networks");
});

test.each([
  ["cut off", '{"version":3,"checkpoint":{"stack":"organ'],
  ["empty", ""],
  ["of a later Pulumi", '{"version":99,"checkpoint":{}}'],
  ["somebody else's JSON", '{"version":3,"checkpoint":{"latest":{"resources":"x"}}}'],
])("a state that is %s: told with its fix, and the fix works", async (_, text) => {
  await removeOthers();
  mkdirSync(dirname(pulumiState(NAME)), { recursive: true });
  writeFileSync(pulumiState(NAME), text);
  const started = await podlab("start");
  expect(started.exitCode).toBe(2);
  expect(started.all).toMatch(
    /Pulumi's state of stack test-foreign can't be read \(.*\); npm stop -- test-foreign removes/,
  );
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  const again = await podlab("stop");
  expect(again.all).not.toContain("can't be read");
});

test("subnets that are left out go around what is there, and stay where they are", async () => {
  await removeOthers();
  registry = await serveImage(
    nodeImage,
    ["/bin/sh", "-c", 'echo "$0 $*" > /told; exec sleep infinity'],
    ["of-the-image"],
  );
  const { image } = registry;
  const containers = [
    { name: "plain", image },
    { name: "args", image, args: ["a", "b"], env: { TOKEN: "hush" } },
    { name: "command", image, command: ["/bin/sh", "-c", 'echo "command $#" > /told; exec sleep infinity'] },
  ];
  const hosts = [
    { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }, { name: "own", containers }] },
  ];
  writeFileSync(stackFile(NAME), stringify({ config: { "podlab:lab": { hosts } } }));
  const { plan } = await planHere(stackLab(NAME).written, NAME);
  const free = plan.segments.map(({ subnet }) => subnet);
  await execa("docker", ["network", "create", "--subnet", free[0]!, NEIGHBOUR]);

  // What else may be set where podlab runs, in a CI job, say, is not taken for what Commands are told.
  const built = await podlab("start", { IMAGE: "nobodys/image:1", ADDRESS: "1.2.3.4" });
  expect(built.exitCode, built.all).toBe(0);
  const subnets = async () => {
    const { stdout: ids } = await execa("docker", ["network", "ls", "-q", "--filter", `label=dev.podlab.lab=${NAME}`]);
    const format = "{{(index .IPAM.Config 0).Subnet}}";
    return (await execa("docker", ["network", "inspect", "--format", format, ...ids.split("\n")])).stdout.split("\n");
  };
  // An image by its digest; command and args as Kubernetes has them.
  for (const [name, told] of [
    ["plain", "of-the-image "],
    ["args", "a b"],
    ["command", "command 0"],
  ]) {
    const inside = await execa("docker", ["exec", CONTAINER, "docker", "exec", `own.${name}`, "cat", "/told"]);
    expect(`${inside.stdout} `, name).toContain(told);
  }

  const inUse = await subnets();
  expect(inUse).toHaveLength(2);
  expect(inUse).not.toContain(free[0]);

  // What it would choose now is another one; but it is up.
  await execa("docker", ["network", "rm", NEIGHBOUR]);
  expect((await podlab("start")).all).toContain("nothing to do");
  expect(await subnets()).toEqual(inUse);
  const stopped = await podlab("stop");
  expect(stopped.exitCode, stopped.all).toBe(0);
  await removeImage(image);
});

test("a network that went since it was listed is left out, and what else is wrong is told", async () => {
  const docker = new Docker();
  const found = await docker.getThere<{ Name: string }>([
    "/networks/bridge",
    "/networks/0123456789ab",
    "/networks/none",
  ]);
  expect(found.map(({ Name }) => Name)).toEqual(["bridge", "none"]);
  await expect(docker.getThere(["/networks/bridge", "/networks?filters=nonsense"])).rejects.toThrow(
    /invalid character/,
  );
});

test("without an engine: said in a line, by whatever asks it", async () => {
  const env = { DOCKER_HOST: "unix:///tmp/podlab-tests/no-engine.sock" };
  for (const command of ["stop", "check"]) {
    const { exitCode, all } = await podlab(command, env);
    expect(exitCode, all).toBe(2);
    expect(all).toMatch(/no-engine\.sock/);
    expect(all).not.toMatch(/^\s+at /m);
  }
});
