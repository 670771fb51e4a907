/** Questions to an engine, at a socket, by TCP and by TLS, and what is said when there is no answer. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { Docker, NoAnswer, NotThere } from "../../../infra/machine/docker.ts";

const folder = mkdtempSync(join(tmpdir(), "podlab-api-"));
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function engine(listener: RequestListener): Promise<Docker> {
  const path = join(folder, `${Math.random()}.sock`);
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(path, resolve));
  return at(`unix://${path}`);
}

const at = (host: string, folder?: string, verify = true) =>
  new Docker({ host, fromContext: false, ...(folder ? { tls: { folder, verify } } : {}) });

const answers = (said: Record<string, [number, object]>): RequestListener => {
  return (request, response) => {
    const [status, body] = said[request.url!] ?? [404, { message: "page not found" }];
    response.writeHead(status).end(JSON.stringify(body));
  };
};

test("an answer, to a question with parameters", async () => {
  const docker = await engine(
    answers({ "/networks?filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D": [200, [{ Id: "n1" }]] }),
  );
  expect(await docker.get("/networks", { filters: JSON.stringify({ label: ["a=b"] }) })).toEqual([{ Id: "n1" }]);
});

test("what is not there, and what the engine refuses, in its own words", async () => {
  const docker = await engine(
    answers({
      "/images/x/json": [404, { message: "No such image: x" }],
      "/networks/n": [200, { Id: "n" }],
      "/info": [500, { message: "no" }],
    }),
  );
  await expect(docker.get("/images/x/json")).rejects.toThrow(NotThere);
  await expect(docker.get("/images/x/json")).rejects.toThrow("Error response from daemon: No such image: x");
  expect(await docker.getThere(["/images/x/json", "/networks/n"])).toEqual([{ Id: "n" }]);
  await expect(docker.getThere(["/info"])).rejects.toThrow("Error response from daemon: no");
});

test("no engine, in the words of the docker CLI; one that hangs, told from it", async () => {
  const nobody = at(`unix://${join(folder, "nobody.sock")}`);
  await expect(nobody.get("/info")).rejects.toThrow(
    /^Cannot connect to the Docker daemon at unix:.*nobody\.sock\. Is the/,
  );
  const hanging = await engine(() => {});
  await expect(hanging.call("GET", "/info", { within: 30 })).rejects.toThrow(NoAnswer);
});

test("by TCP", async () => {
  await engine(answers({}));
  const tcp = createServer(answers({ "/info": [200, { ID: "tcp" }] }));
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  server!.close();
  server = tcp;
  expect(await at(`tcp://127.0.0.1:${(tcp.address() as AddressInfo).port}`).get("/info")).toEqual({ ID: "tcp" });
});

test("by TLS, to an engine whose certificate the user's ca.pem vouches for, and to no other", async () => {
  const openssl = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"];
  const names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "ca.pem"];
  execFileSync("openssl", [...openssl, ...names], { cwd: folder, stdio: "ignore" });
  const files = { key: readFileSync(join(folder, "key.pem")), cert: readFileSync(join(folder, "ca.pem")) };
  const tls = createTlsServer(files, answers({ "/info": [200, { ID: "tls" }] }));
  await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
  server = tls as unknown as Server;
  const host = `tcp://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  rmSync(join(folder, "key.pem"));
  expect(await at(host, folder).get("/info")).toEqual({ ID: "tls" });
  await expect(at(host, join(folder, "none")).get("/info")).rejects.toThrow(/can't be asked: .*certificate/);
  expect(await at(host, join(folder, "none"), false).get("/info")).toEqual({ ID: "tls" });
});
