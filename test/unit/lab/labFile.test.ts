/** How a lab is named: one that podlab comes with, a file, an address on the web. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refuseLongConfig } from "../../../lab-scripts/commands/pulumi.ts";
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

const naming = (file: string) => ({ stack: "big", place: "big.yaml", text: `config: {podlab:file: ${file}}` });

test("a config may name the file that has the lab", () => {
  expect(labOf(naming(join(folder, "my-lab.yaml"))).lab).toMatchObject({ name: "big", hosts: [{ name: "host01" }] });
  expect(() => labOf(naming(join(folder, "absent.yaml")))).toThrow(/^podlab:file .*absent.yaml can't be read: ENOENT/);
  writeFileSync(join(folder, "circle.yaml"), naming(join(folder, "circle.yaml")).text);
  expect(() => labOf(naming(join(folder, "circle.yaml")))).toThrow(
    /circle.yaml has no config podlab:lab; write the lab/,
  );
});

test("a config that Pulumi can't hand to its program is refused by podlab pulumi, with two ways out", () => {
  const file = join(folder, "Pulumi.long.yaml");
  const refuse = (args: string[]) => refuseLongConfig(args, "other", (stack) => join(folder, `Pulumi.${stack}.yaml`));
  const env = (length: number) => writeFileSync(file, `config: {podlab:lab: {hosts: 1, x: "${"x".repeat(length)}"}}`);
  env(128 * 1024);
  const told = /long\.yaml: its config takes 129 KiB, .*at most 128 KiB of it; npm start -- long builds .*podlab:file:/;
  expect(() => refuse(["preview", "--diff", "--stack", "long"])).toThrow(told);
  expect(() => refuse(["up", "-s", "long", "--yes"])).toThrow(told);
  // Without the program, or with another stack's config.
  refuse(["stack", "export", "--stack", "long"]);
  refuse(["preview"]);
  env(127 * 1024);
  refuse(["up", "--stack", "long"]);
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
