/** `podlab walk` on a real lab: the article's steps, NAT, a lost packet, a capture file that Wireshark's own reader takes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Trace } from "../../lab-scripts/trace/trace.ts";
import { TestLab } from "./harness.ts";
import { folderOf } from "./ownership.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAME = "test-walk";
const hosts = [1, 2].map((number) => ({
  name: `host0${number}`,
  segment: `10.238.${number}.0/24`,
  podSubnet: `192.168.${10 + 10 * number}.0/24`,
  pods: [{ name: "web" }],
}));

let lab: TestLab;

beforeAll(async () => {
  lab = await TestLab.create(NAME, { internet: { subnet: "198.51.100.96/27", address: "198.51.100.110" }, hosts });
  await lab.up();
});

afterAll(async () => {
  expect(await lab?.remove()).toEqual([]);
});

async function walk(...args: readonly string[]) {
  const cli = join(ROOT, "lab-scripts/cli.ts");
  const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, "walk", "--lab", NAME, ...args], {
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

async function trace(...args: readonly string[]): Promise<Trace & { exitCode: number | undefined }> {
  const { exitCode, stdout, stderr } = await walk(...args, "--json");
  expect(stderr).toBe("");
  return { exitCode, ...(JSON.parse(stdout) as Trace) };
}

const places = ({ question: { steps } }: Trace) => steps.map((one) => `${one.netns} ${one.interface} ${one.direction}`);

describe("the article's packet", () => {
  const files = ["pcapng", "svg"].map((kind) => join(folderOf(NAME), `walk.${kind}`));
  const [pcap, svg] = files as [string, string];
  let one: Trace & { exitCode: number | undefined };

  beforeAll(async () => {
    one = await trace("host01/web", "host02/web", "--pcap", pcap, "--svg", svg);
  });

  test("goes the article's steps in the article's order, with TTLs 64, 63, 62, 61 and addresses unchanged", () => {
    expect(one).toMatchObject({ exitCode: 0, asModelled: true, outcome: "ok", blind: [] });
    expect(places(one)).toEqual([
      "host01/web eth0 out",
      "host01 cbr0 in",
      "host01 eth0 out",
      "router host01-net in",
      "router host02-net out",
      "host02 eth0 in",
      "host02 cbr0 out",
      "host02/web eth0 in",
    ]);
    expect(one.question.steps.map(({ ttl }) => ttl)).toEqual([64, 64, 63, 63, 62, 62, 61, 61]);
    const ends = new Set(one.question.steps.map(({ source, destination }) => `${source} > ${destination}`));
    expect([...ends]).toEqual(["192.168.20.2 > 192.168.30.2"]);
    expect(one.answer.steps).toHaveLength(8);
    expect(JSON.parse(readFileSync(join(ROOT, "report", NAME, "walk.json"), "utf8"))).toMatchObject({ lab: NAME });
  });

  test("is drawn", () => {
    const drawing = readFileSync(svg, "utf8");
    expect(drawing.match(/class="walk-tip"/g)).toHaveLength(4); // a link each: veth, two segments, veth
    expect(drawing).toContain("as the model says: host01/web got its answer");
  });

  test("opens in tshark: an interface for every one of the lab, every sighting in the order of time", async () => {
    const { stdout: about } = await execa("capinfos", ["-M", "-I", pcap]);
    const counted = await Promise.all(
      ["internet", "router", "host01", "host02"].map(async (node) => Number(await lab.in(node, "ip -o link | wc -l"))),
    );
    const inPods = hosts.length * 2; // lo and eth0
    expect(about).toContain(`Number of interfaces in file: ${counted.reduce((sum, one) => sum + one, inPods)}`);
    const fields = ["frame.time_epoch", "frame.interface_name", "ip.src", "ip.ttl", "icmp.type"];
    const { stdout } = await execa("tshark", ["-r", pcap, "-T", "fields", ...fields.flatMap((field) => ["-e", field])]);
    const rows = stdout.split("\n").map((row) => row.split("\t"));
    const times = rows.map(([time]) => time!);
    expect(times).toEqual(times.toSorted());
    expect(times[0]).toMatch(/\.\d{9}$/);
    // Eight interfaces each way, and the two bridge ports on it.
    expect(rows).toHaveLength(20);
    const questions = rows.filter(([, , , , type]) => type === "8");
    expect(questions.map(([, name]) => name)).toEqual([
      "host01/web:eth0",
      ...[expect.stringMatching(/^host01:veth/), "host01:cbr0", "host01:eth0"],
      ...[expect.stringMatching(/^router:eth/), expect.stringMatching(/^router:eth/)],
      ...["host02:eth0", "host02:cbr0", expect.stringMatching(/^host02:veth/)],
      "host02/web:eth0",
    ]);
    expect(questions.map(([, , , ttl]) => ttl)).toEqual("64 64 64 63 63 62 62 61 61 61".split(" "));
  });
});

test("NAT: the source changes where the packet leaves host01, and again where it leaves the router", async () => {
  const one = await trace("host01/web", "internet", "--tcp");
  expect(one).toMatchObject({ exitCode: 0, asModelled: true, outcome: "ok" });
  expect(one.question.steps.map(({ netns, source }) => `${netns} ${source}`)).toEqual([
    "host01/web 192.168.20.2",
    "host01 192.168.20.2",
    "host01 10.238.1.2",
    "router 10.238.1.2",
    "router 198.51.100.97",
    "internet 198.51.100.97",
  ]);
  expect(one.question.steps[2]!.did.join()).toMatch(
    /source 192\.168\.20\.2 -> 10\.238\.1\.2, by nat POSTROUTING .*MASQUERADE/,
  );
});

test("a withdrawn route: the packet's end at the router, why, and exit code 1", async () => {
  await lab.in("router", "ip route delete 192.168.30.0/24");
  const { exitCode, stdout } = await walk("host01/web", "host02/web");
  expect(exitCode).toBe(1);
  expect(stdout).toContain("NOT as the model says: step 5, router host02-net out, was not seen");
  expect(stdout).toContain(
    "FOUND left host01 eth0, arrived at router (host01-net), never left it: router has no route to 192.168.30.0/24",
  );
  expect(stdout).toContain("host01/web was told no-route by router (10.238.1.1)");
  await lab.in("router", "ip route add 192.168.30.0/24 via 10.238.2.2");
});

test("bad input names what would do; a node that can't be captured in is no verdict", async () => {
  const unknown = await walk("host01/web", "host03/web");
  expect(unknown).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("use host02/web, host01, host02") });
  await execa("docker", ["pause", `${NAME}.host02`]);
  const blind = await walk("host01/web", "internet").finally(() => execa("docker", ["unpause", `${NAME}.host02`]));
  expect(blind.exitCode).toBe(2);
  expect(blind.stderr).toContain("host02");
});
