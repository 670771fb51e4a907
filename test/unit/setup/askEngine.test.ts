import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dockerEndpoint } from "../../../infra/machine/endpoint.ts";
import { askEngine, hasImage } from "../../../lab-scripts/setup/askEngine.ts";
import { engineStep } from "../../../lab-scripts/setup/steps/engine.ts";
import type { PulumiFound } from "../../../lab-scripts/setup/steps/pulumi.ts";
import { toolchain } from "../../../lab-scripts/setup/toolchain.ts";
import { contextIn, putCommand, serve } from "./fakes.ts";

let directory: string;
let server: Server | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-endpoint-"));
});
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const socket = () => join(directory, "docker.sock");
const unix = () => ({ host: `unix://${socket()}`, fromContext: false });

async function engine(version: string, apiVersion: string): Promise<void> {
  const answers: Parameters<typeof serve>[0] = ({ url }) => {
    if (url === "/_ping") return { headers: { "Api-Version": apiVersion, Server: `Docker/${version} (linux)` } };
    if (url === "/images/debian%3Atrixie-slim/json") return { json: { Id: "sha256:1" } };
    return undefined;
  };
  server = (await serve(answers, socket())).server;
}

test("DOCKER_HOST comes before contexts, and the default last", () => {
  putContext("desktop", "unix:///desktop.sock", "desktop");
  const env = { DOCKER_CONFIG: directory };
  expect(dockerEndpoint({ ...env, DOCKER_HOST: "tcp://x:1" })).toEqual({ host: "tcp://x:1", fromContext: false });
  expect(dockerEndpoint(env)).toEqual({ host: "unix:///desktop.sock", fromContext: true });
  expect(dockerEndpoint({ ...env, DOCKER_CONTEXT: "default" }).host).toBe("unix:///var/run/docker.sock");
  expect(dockerEndpoint({ DOCKER_CONFIG: join(directory, "absent") }).host).toBe("unix:///var/run/docker.sock");
});

test("asks an engine on its socket for version and images", async () => {
  await engine("28.1.0", "1.49");
  expect(await askEngine(unix())).toEqual({ engine: { version: "28.1.0", apiVersion: "1.49" } });
  expect(await hasImage(unix(), "debian:trixie-slim")).toBe(true);
  expect(await hasImage(unix(), "podlab/base:1")).toBe(false);
});

test("silence has a reason: no socket, a dead socket, an engine that hangs", async () => {
  expect(await askEngine(unix())).toEqual({ silence: expect.stringContaining("ENOENT") });
  writeFileSync(socket(), "");
  expect(await askEngine(unix())).toEqual({ silence: expect.stringMatching(/ECONNREFUSED|ENOTSOCK/) });
  rmSync(socket());
  ({ server } = await serve(() => ({ status: 500 }), socket()));
  expect(await askEngine(unix())).toEqual({ silence: expect.stringContaining("HTTP 500") });
  server.removeAllListeners("request");
  const silence = expect.stringMatching(/docker\.sock gave no answer within 0\.05 s, though it is there/);
  expect(await askEngine(unix(), 50)).toEqual({ silence, hangs: true });
  server.closeAllConnections();
  expect(await hasImage({ host: "unix:///nowhere.sock", fromContext: false }, "a")).toBe(false);
});

test("a running engine is taken as it is; one that is too old is refused by name", async () => {
  putCommand(directory, "docker", "exit 1");
  const context = contextIn(directory);
  context.env.DOCKER_HOST = unix().host;
  expect(await engineStep.detect(context)).toBeUndefined();
  await engine("20.10.24", "1.41");
  expect(await engineStep.detect(context)).toMatchObject({ version: "20.10.24", cli: join(directory, "bin/docker") });
  await new Promise((resolve) => server?.close(resolve));
  await engine("19.03.1", "1.40");
  await expect(engineStep.detect(context)).rejects.toThrow("is 19.03.1; podlab needs 20.10 or newer");
});

test("an engine that DOCKER_HOST names and that does not answer is the user's to start", async () => {
  const context = contextIn(directory);
  context.env.DOCKER_HOST = "unix:///nowhere.sock";
  await expect(engineStep.plan(context)).rejects.toThrow(
    /unix:\/\/\/nowhere\.sock.*DOCKER_HOST[\s\S]*unset DOCKER_HOST/,
  );
});

test("a context's TLS is what `docker context create` has stored; one that is not there is no other engine", () => {
  const env = { DOCKER_CONFIG: directory };
  const id = putContext("far", "tcp://far:2376", "far");
  const plain = { host: "tcp://far:2376", fromContext: true };
  expect(dockerEndpoint(env)).toEqual(plain);
  const folder = join(directory, "contexts/tls", id, "docker");
  mkdirSync(folder, { recursive: true });
  expect(dockerEndpoint(env)).toEqual({ ...plain, tls: { folder, verify: true } });
  putContext("far", "tcp://far:2376", "far", { SkipTLSVerify: true });
  expect(dockerEndpoint(env)).toEqual({ ...plain, tls: { folder, verify: false } });
  const named = { ...env, DOCKER_HOST: "tcp://x:1" };
  expect(dockerEndpoint({ ...named, DOCKER_TLS: "1" }).tls).toEqual({ folder: directory, verify: false });
  expect(dockerEndpoint({ ...named, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" }).tls).toEqual({
    folder: "/certs",
    verify: true,
  });
  expect(() => dockerEndpoint({ ...env, DOCKER_CONTEXT: "lost" })).toThrow(
    "there is no Docker context lost, which the lab or DOCKER_CONTEXT names; choose one of docker context ls",
  );
});

test("TLS that Pulumi's provider can't do is told before anything is made; what it can do is handed on", async () => {
  putCommand(directory, "docker", "exit 1");
  const files = ["ca.pem", "cert.pem", "key.pem"];
  const openssl = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"];
  const out = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "ca.pem"];
  execFileSync("openssl", [...openssl, ...out], { cwd: directory, stdio: "ignore" });
  copyFileSync(join(directory, "ca.pem"), join(directory, "cert.pem"));
  const [cert, key] = ["cert.pem", "key.pem"].map((name) => readFileSync(join(directory, name)));
  const tls = createTlsServer({ cert: cert!, key: key! }, (_, response) =>
    response.writeHead(200, { "Api-Version": "1.45", Server: "Docker/26.1.5 (linux)" }).end(),
  );
  server = tls as unknown as Server;
  await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
  const context = contextIn(directory);
  const host = `tcp://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  Object.assign(context.env, { DOCKER_HOST: host, DOCKER_CERT_PATH: directory, DOCKER_TLS_VERIFY: "1" });
  const { cli, endpoint } = (await engineStep.detect(context))!;
  expect(toolchain(cli, endpoint, { pulumi: "/pulumi" } as PulumiFound, undefined, {}).env).toMatchObject({
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: directory,
  });
  const unverified = { ...context, env: { ...context.env, DOCKER_TLS_VERIFY: "", DOCKER_TLS: "1" } };
  await expect(engineStep.detect(unverified)).rejects.toThrow(
    /by TLS with the engine's certificate not verified: Pulumi/,
  );
  for (const name of files.slice(1)) rmSync(join(directory, name));
  await expect(engineStep.detect(context)).rejects.toThrow(/by TLS with cert\.pem, key\.pem of .* missing: .*ssh:/s);
});

function putContext(name: string, host: string, current: string, more: object = {}): string {
  const id = createHash("sha256").update(name).digest("hex");
  mkdirSync(join(directory, "contexts/meta", id), { recursive: true });
  writeFileSync(
    join(directory, "contexts/meta", id, "meta.json"),
    JSON.stringify({ Endpoints: { docker: { Host: host, ...more } } }),
  );
  writeFileSync(join(directory, "config.json"), JSON.stringify({ currentContext: current }));
  return id;
}
