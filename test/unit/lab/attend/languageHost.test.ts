/** The language host that `npm start` is for its Pulumi, asked as Pulumi asks it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ServerUnaryCall, sendUnaryData, UntypedServiceImplementation } from "@grpc/grpc-js";
import { execa } from "execa";
import { afterEach, expect, test } from "vitest";
import { LanguageHost } from "../../../../lab-scripts/lab/attend/languageHost.ts";
import { ROOT } from "../../../../lab-scripts/lab/project.ts";

const require = createRequire(import.meta.url);
const grpc = require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
const proto = (name: string) => require(`@pulumi/pulumi/proto/${name}.js`);
const [language, resource, engine] = ["language_pb", "resource_pb", "engine_pb"].map(proto);
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

type Call = (call: ServerUnaryCall<Message, unknown>, answer: sendUnaryData<unknown>) => void;
interface Message {
  toObject(): Record<string, unknown>;
}

/** So much of Pulumi's engine that a program runs, up to its first resource. */
async function somePulumi() {
  const said: unknown[] = [];
  const stacks: unknown[] = [];
  const empty: Call = (_, answer) => answer(null, new Empty());
  const service: UntypedServiceImplementation = {
    log: ({ request }: Parameters<Call>[0], answer: Parameters<Call>[1]) => {
      said.push(request.toObject().message);
      answer(null, new Empty());
    },
    setRootResource: (_: unknown, answer: Parameters<Call>[1]) => answer(null, new engine.SetRootResourceResponse()),
    supportsFeature: (_: unknown, answer: Parameters<Call>[1]) => answer(null, new resource.SupportsFeatureResponse()),
    registerResource: ({ request }: Parameters<Call>[0], answer: Parameters<Call>[1]) => {
      stacks.push(request.toObject().name);
      const response = new resource.RegisterResourceResponse();
      response.setUrn("urn:pulumi:some::podlab::pulumi:pulumi:Stack::podlab-some");
      answer(null, response);
    },
    registerResourceOutputs: empty,
    signalAndWaitForShutdown: empty,
  };
  const server = new grpc.Server();
  server.addService(proto("engine_grpc_pb").EngineService, service);
  server.addService(proto("resource_grpc_pb").ResourceMonitorService, service);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  ends.push(() => server.forceShutdown());
  return { address: `127.0.0.1:${port}`, said, stacks };
}

async function hostAndClient() {
  const host = new LanguageHost();
  ends.push(() => host.end());
  const { LanguageRuntimeClient } = proto("language_grpc_pb");
  const client = new LanguageRuntimeClient(await host.listen(), grpc.credentials.createInsecure());
  ends.push(() => client.close());
  const ask = (method: string, request: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) =>
      client[method](request, (error: Error | null, answer?: Message) =>
        error ? reject(error) : resolve(answer!.toObject()),
      ),
    );
  return { host, ask };
}

function runOf(address: string, config: Readonly<Record<string, string>>) {
  const request = new language.RunRequest();
  request.setProject("podlab").setStack("some").setOrganization("organization").setParallel(4).setDryrun(true);
  request.setPwd(join(ROOT, "infra")).setProgram(".").setMonitorAddress(address).setArgsList([address]);
  for (const [key, value] of Object.entries(config)) request.getConfigMap().set(key, value);
  return request;
}

test("it needs no plugin: each resource names its own", async () => {
  const { ask } = await hostAndClient();
  expect(await ask("getRequiredPlugins", new language.GetRequiredPluginsRequest())).toEqual({ pluginsList: [] });
});

test.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
  ["it is run for the stack that Pulumi names", {}, /Missing required configuration variable 'podlab:lab'/],
  ["it has the stack's config", { "podlab:lab": '{"hosts":[]}' }, /hosts/],
])("%s; what is wrong with that is Pulumi's to tell, and nobody tells it again", async (_, config, wrong) => {
  const pulumi = await somePulumi();
  const { ask } = await hostAndClient();
  expect(await ask("run", runOf(pulumi.address, config))).toMatchObject({ bail: true, error: "" });
  expect(pulumi.stacks).toEqual(["podlab-some"]);
  expect(pulumi.said).toEqual([expect.stringMatching(wrong)]);
});

test("a program that has ended by itself is an error", async () => {
  const pulumi = await somePulumi();
  const { host, ask } = await hostAndClient();
  const request = runOf(pulumi.address, {});
  request.setMonitorAddress(""); // it can't be run without
  expect(await ask("run", request)).toMatchObject({ bail: false, error: expect.stringContaining("ended by itself") });
  host.end();
});

test("a preview and what follows it are two runs", async () => {
  const pulumi = await somePulumi();
  const { ask } = await hostAndClient();
  for (const dryRun of [true, false, false]) {
    const request = runOf(pulumi.address, {});
    request.setDryrun(dryRun);
    expect(await ask("run", request)).toMatchObject({ bail: true });
  }
  expect(pulumi.stacks).toHaveLength(3);
});

test("the program goes when whoever began it is gone", async () => {
  const module = JSON.stringify(join(ROOT, "lab-scripts/lab/attend/languageHost.ts"));
  const start = `const { LanguageHost } = await import(${module}); new LanguageHost(); console.log("begun");`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", `${start} setInterval(() => {}, 1000);`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(starter.stdout, "data");
  const { stdout: program } = await execa("pgrep", ["-P", String(starter.pid)]);
  const isThere = () => execa("ps", ["-o", "stat=", "-p", program], { reject: false });
  expect((await isThere()).stdout).not.toBe("");
  await setTimeout(1000); // loaded, or not yet
  starter.kill("SIGKILL");
  await expect
    .poll(async () => (await isThere()).stdout.replace(/^Z.*/, ""), { timeout: 10_000, interval: 100 })
    .toBe("");
});
