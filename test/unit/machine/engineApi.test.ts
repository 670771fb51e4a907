/** Questions to an engine, and what is said when there is no answer; what is heard of its events. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { Births } from "../../../infra/machine/births.ts";
import { ask, askThere, NotThere } from "../../../infra/machine/engineApi.ts";

const folder = mkdtempSync(join(tmpdir(), "podlab-api-"));
let server: Server | undefined;
afterEach(() => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function engine(listener: RequestListener): Promise<void> {
  const path = join(folder, `${Math.random()}.sock`);
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(path, resolve));
  vi.stubEnv("DOCKER_HOST", `unix://${path}`);
}

const answering = (answers: Record<string, [number, object]>) =>
  engine((request, response) => {
    const [status, body] = answers[request.url!] ?? [404, { message: "page not found" }];
    response.writeHead(status).end(JSON.stringify(body));
  });

test("an answer, to a question with parameters", async () => {
  await answering({ "/networks?filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D": [200, [{ Id: "n1" }]] });
  expect(await ask("/networks", { filters: JSON.stringify({ label: ["a=b"] }) })).toEqual([{ Id: "n1" }]);
});

test("what is not there, and what the engine refuses, in its own words", async () => {
  const gone = { message: "No such image: x" };
  await answering({
    "/images/x/json": [404, gone],
    "/networks/n": [200, { Id: "n" }],
    "/info": [500, { message: "no" }],
  });
  await expect(ask("/images/x/json")).rejects.toThrow(NotThere);
  await expect(ask("/images/x/json")).rejects.toThrow("Error response from daemon: No such image: x");
  expect(await askThere(["/images/x/json", "/networks/n"])).toEqual([{ Id: "n" }]);
  await expect(askThere(["/info"])).rejects.toThrow("Error response from daemon: no");
});

test("no engine, in the words of the docker CLI", async () => {
  vi.stubEnv("DOCKER_HOST", `unix://${join(folder, "nobody.sock")}`);
  await expect(ask("/info")).rejects.toThrow(/^Cannot connect to the Docker daemon at unix:.*nobody\.sock\. Is the/);
});

test("births: a container when it runs, a network when it is made, whenever somebody asks", async () => {
  const event = (Type: string, Action: string, name: string) =>
    `${JSON.stringify({ Type, Action, Actor: { ID: `${name}-id`, Attributes: { name } } })}\n`;
  await engine((request, response) => {
    expect(new URL(request.url!, "http://docker").searchParams.get("since")).toBe("1.5");
    response.write(event("container", "create", "lab.host01"));
    response.write(event("network", "create", "lab.net"));
    response.write(event("container", "start", "lab.host02"));
  });
  const births = new Births(new Date(1500));
  expect(await births.network("lab.net")).toBe("lab.net-id");
  expect(await births.container("lab.host02")).toBe("lab.host02-id");
  const host01 = births.container("lab.host01");
  expect(await Promise.race([host01, Promise.resolve("not yet")])).toBe("not yet");
});
