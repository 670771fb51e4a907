/** `npm start`, the user's own Pulumi beside it, and an engine that is reached by TCP. */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { docker } from "../../bench/docker.ts";
import { dockerEndpoint } from "../../infra/machine/endpoint.ts";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { ROOT, STACKS, stackFile } from "../../lab-scripts/lab/project.ts";
import { reportSince } from "../../lab-scripts/lab/verifyLab.ts";
import { serve } from "../unit/setup/fakes.ts";
import { oneHost } from "./oneHost.ts";
import { own } from "./ownership.ts";
import { pulumiState } from "./pulumiState.ts";

const STACK = "test-start";
const SPEC = oneHost({ segment: "10.247.9.0/24", internet: "198.51.100.64/27" });

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [join(ROOT, "lab-scripts/podlab.mjs"), ...args], { reject: false, all: true, env });
const podlab = (command: string, env: Record<string, string> = {}) => run([command, STACK], env);
const pulumi = (...args: string[]) => run(["pulumi", ...args, "--stack", STACK, "--non-interactive"]);

let lab: Awaited<ReturnType<typeof own>>;

beforeAll(async () => {
  lab = await own(STACK);
  mkdirSync(STACKS, { recursive: true });
  writeSpec(SPEC);
  await podlab("stop");
});

afterAll(async () => {
  await podlab("stop");
  rmSync(stackFile(STACK), { force: true });
  lab?.release();
});

function writeSpec(spec: object): void {
  writeFileSync(stackFile(STACK), stringify({ config: { "podlab:lab": spec } }));
}

/** What it said, when all went well. */
async function well(running: ReturnType<typeof run>): Promise<string> {
  const { exitCode, all } = await running;
  expect(exitCode, all).toBe(0);
  return all;
}

const inHost = (command: string) => docker("exec", `${STACK}.host01`, "sh", "-c", command);

/** When Pulumi wrote its state last. */
const pulumiWrote = () => statSync(pulumiState(STACK)).mtimeMs;

test("a new lab is made and verified; a second start finds nothing to do, leaves Pulumi out, and verifies it", async () => {
  const since = new Date();
  const made = await well(podlab("start"));
  expect(made).toMatch(/^ {2}made host01-state \(/m);
  expect(made).toMatch(/^ {2}made verification \(/m);
  const whole = await reportSince(STACK, since);
  expect(whole!.report.provisioning?.steps.map(({ name }) => name)).toContain("host01-state");

  const written = pulumiWrote();
  const again = new Date();
  expect(await well(podlab("start"))).toContain("nothing to do; every node is as planned");
  expect(pulumiWrote()).toBe(written);
  const { report } = (await reportSince(STACK, again))!;
  expect(report.provisioning).toBeUndefined();
  expect(report.summary).toEqual(whole!.report.summary);
});

test("the user's own Pulumi finds nothing to do in what `npm start` has made, and the other way round", async () => {
  await well(pulumi("preview", "--expect-no-changes"));
  const up = await well(pulumi("up", "--yes", "--skip-preview"));
  expect(up).toMatch(/Resources:\n\s+\d+ unchanged\n/);
  expect(await well(podlab("start"))).toContain("nothing to do");
});

test("what is changed in the config is all that is changed, and verified", async () => {
  const [host] = SPEC.hosts;
  writeSpec({ ...SPEC, hosts: [{ ...host, pods: [...host!.pods, { ...host!.pods[0], name: "api" }] }] });
  const before = await inHost("docker inspect --format '{{.Id}} {{.State.StartedAt}}' web.pause web.app");
  const previewed = await well(pulumi("preview", "--diff"));
  expect(previewed).toMatch(/^\s*\+ api\s*: \{$/m);
  expect(previewed).not.toContain("router-state");
  const said = await well(podlab("start"));
  const changed = said.split("\n").flatMap((line) => /^ {2}(\w+ \S+) \(/.exec(line)?.[1] ?? []);
  expect(changed.sort()).toEqual(["changed host01-state", "changed verification"]);
  expect(await inHost("docker inspect --format '{{.Id}} {{.State.StartedAt}}' web.pause web.app")).toBe(before);
  expect(await inHost("docker ps --format '{{.Names}}'")).toContain("api.app");
});

test("a node that has lost its state, or differs from it, is told it again, and no other is", async () => {
  for (const [break_, said] of [
    ["rm /var/lib/podlab/state.json", /host01-state: drifted: .*stored state .*: wanted there, found/],
    [
      "sed -i s/10.247.9.1/10.247.9.77/g /var/lib/podlab/state.json; podlab-node apply --stored",
      /host01-state: drifted: host01: stored state .*: wanted as it was told, found it edited since/,
    ],
    [
      "ip route delete default",
      /host01-state: drifted: host01: route default: wanted via 10\.247\.9\.1 .*, found nothing/,
    ],
  ] as const) {
    await inHost(break_);
    const all = await well(podlab("start"));
    expect(all).toMatch(said);
    expect(all).toContain("changed host01-state");
    expect(all).not.toContain("changed router-state");
    expect(await well(podlab("start"))).toContain("nothing to do");
  }
});

test.each([
  [
    "node",
    `image=$(docker inspect -f '{{.Config.Image}}' $LAB.host01); docker rm -f -v $LAB.host01; ` +
      "docker run -d --name $LAB.host01 --label dev.podlab.lab=$LAB --network $LAB.host01-net --ip 10.247.9.2 $image",
  ],
  [
    "segment",
    "for node in router host01; do docker network disconnect -f $LAB.host01-net $LAB.$node; done; " +
      "docker network rm $LAB.host01-net; " +
      "docker network create --label dev.podlab.lab=$LAB --subnet 10.247.9.0/24 $LAB.host01-net",
  ],
])(
  "a %s that was made over by hand: plain Pulumi names the command that leads back, and it does",
  async (_, byHand) => {
    await execa("sh", ["-c", byHand], { env: { LAB: STACK } });
    const up = await pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.all).not.toBe(0);
    expect(up.all).toMatch(
      /was made by hand or by an earlier version\. npm start -- test-start removes what is left over, and goes on/,
    );
    // Before anything was made or removed.
    expect(up.all).not.toMatch(/creating|deleting|replacing/);
    expect(await well(podlab("start"))).toMatch(/^left over, removed: test-start\.host01/m);
    expect(await well(podlab("start"))).toContain("nothing to do");
  },
);

test("a lab that is on another engine than the one that is asked is not forgotten", async () => {
  const socket = join(tmpdir(), "podlab-tests", `${STACK}.sock`);
  const { server } = await serve(({ url }) => ({ json: url === "/info" ? { ID: "another" } : [] }), socket);
  const { exitCode, all } = await podlab("stop", { DOCKER_HOST: `unix://${socket}` });
  server.close();
  expect(exitCode, all).toBe(2);
  expect(all).toMatch(
    /nothing of stack test-start is on the Docker engine at .*\.sock: it was built on another one\. Name that/,
  );
  expect(statSync(pulumiState(STACK)).size).toBeGreaterThan(0);
});

test("a lab is known by what Pulumi and its labels say, when the config names it anew and can't be read", async () => {
  writeFileSync(stackFile(STACK), "config:\n  podlab:lab: { name: test-start-anew, hosts: none }");
  expect((await podlab("start")).exitCode).toBe(3);
  expect(await well(podlab("stop"))).toContain(
    "lab test-start: 3 containers, 2 networks and 1 volumes removed; " +
      "no process, namespace, interface, route or firewall rule of it is left",
  );
  writeSpec(SPEC);
});

test("an engine that is reached by TCP", async () => {
  const { server, host } = await behindTcp(dockerEndpoint().host.replace(/^unix:\/\//, ""));
  try {
    await podlab("stop");
    for (const said of [/^ {2}made verification/m, /nothing to do/]) {
      expect(await well(podlab("start", { DOCKER_HOST: host }))).toMatch(said);
    }
    await well(podlab("stop", { DOCKER_HOST: host }));
    expect(await labObjects(STACK)).toEqual({ containers: [], networks: [] });
  } finally {
    server.close();
  }
});

/** As ssh would be: no socket in the file system. */
async function behindTcp(path: string): Promise<{ server: Server; host: string }> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path, allowHalfOpen: true });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
