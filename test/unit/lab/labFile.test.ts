/** How a lab is named: one that podlab comes with, a file, an address on the web. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeToRun, findLab, stackNamed } from "../../../lab-scripts/lab/labFile.ts";
import { labOf } from "../../../lab-scripts/lab/stackSpec.ts";

const LAB = "config:\n  podlab:lab: {hosts: 1}\n";
const folder = mkdtempSync(join(tmpdir(), "podlab-labfile-"));
const server = createServer((request, response) => {
  response.statusCode = request.url?.startsWith("/labs/") ? 200 : 404;
  response.end(LAB);
});
let site: string;

beforeAll(async () => {
  writeFileSync(join(folder, "my-lab.yaml"), LAB);
  writeFileSync(join(folder, "Pulumi.other.yaml"), LAB);
  writeFileSync(join(folder, "My Lab.yaml"), LAB);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test("a file is the lab that it is named after", async () => {
  expect((await findLab(join(folder, "my-lab.yaml"))).stack).toBe("my-lab");
  const { lab } = labOf(await findLab(join(folder, "Pulumi.other.yaml")));
  expect(lab.name).toBe("other");
  expect(stackNamed("labs/my-lab.yaml")).toBe("my-lab");
  expect(stackNamed("my-lab")).toBe("my-lab");
});

test("a lab from the web is read, shown, and not run unasked", async () => {
  const file = await findLab(`${site}/labs/demo.yaml?raw=1`);
  expect(file).toMatchObject({ stack: "demo", text: LAB });
  await expect(agreeToRun(file, false)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining("--yes"),
  });
  await agreeToRun(file, true);
});

test.each([
  [() => "nowhere", /no lab "nowhere"; choose one of bgp, .*or name a file/],
  [() => join(folder, "absent.yaml"), /absent.yaml can't be read/],
  [() => join(folder, "My Lab.yaml"), /names no lab: the file's name is the lab's/],
  [() => `${site}/gone.yaml`, /can't be read: the server answers 404/],
  [() => "http://192.0.2.1/lab.yaml", /can be changed on its way; use https/],
])("what can't be read is told with exit code 3: %s", async (name, told) => {
  await expect(findLab(name())).rejects.toMatchObject({ exitCode: 3, message: expect.stringMatching(told) });
});
