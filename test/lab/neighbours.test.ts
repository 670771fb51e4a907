/**
 * Two labs at once on one machine, with the same pod subnets: neither notices the other. They are of the kinds `bgp` and
 * `cni`, so what these two have of their own is broken, seen and repaired here, too.
 */
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sees, tells } from "../../lab-scripts/scenarios/claims.ts";
import type { Claim } from "../../lab-scripts/scenarios/scenario.ts";
import { runStep } from "../../lab-scripts/scenarios/step.ts";
import { eventually, TestLab } from "./harness.ts";

const spec = (network: string, number: number) => ({
  network,
  segmentPool: `10.${number}.0.0/16`,
  internet: { subnet: `198.18.${number}.0/27` },
  hosts: [
    { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }] },
    { name: "host02", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }] },
  ],
});

let bgp: TestLab;
let cni: TestLab;

beforeAll(async () => {
  [bgp, cni] = await Promise.all([
    TestLab.create("test-bgp", spec("bgp", 238)),
    TestLab.create("test-cni", spec("cni", 237)),
  ]);
  await Promise.all([bgp.up(), cni.up()]);
});

afterAll(async () => {
  expect(await bgp?.remove()).toEqual([]);
  expect(await cni?.remove()).toEqual([]);
});

async function proved(...labs: TestLab[]): Promise<void> {
  for (const { report, exitCode, stderr } of await Promise.all(labs.map((lab) => lab.check()))) {
    expect(report.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(exitCode, stderr).toBe(0);
  }
}

/** What a step with one wrong claim says on a lab. */
async function said(lab: TestLab, claim: Claim): Promise<readonly string[]> {
  const step = { name: "wrong", say: "", claims: [claim] };
  return (await runStep(lab.name, step, () => {}, new AbortController().signal)).failures;
}

test("each does what its plan says, at the same time", () => proved(bgp, cni));

test("neither has a way to the other, though both have pods of the same addresses", async () => {
  const ask = "docker exec web.app ping -c 1 -W 2";
  await expect(bgp.in("host01", `${ask} 10.237.1.2`)).rejects.toThrow("100% packet loss");
  await expect(cni.in("host01", `${ask} 10.238.1.2`)).rejects.toThrow("100% packet loss");
});

describe("bgp", () => {
  test("a wrong claim fails in words: the router's routes are not there of themselves", async () => {
    const wrong = tells("a route that somebody wrote", "router", "ip route show 192.168.30.0/24", "static");
    expect(await said(bgp, wrong)).toEqual([
      "a route that somebody wrote: router$ ip route show 192.168.30.0/24 said 192.168.30.0/24 via 10.238.2.2 dev " +
        `${await bgp.in("router", "ip -o address show to 10.238.2.1 | awk '{ print $2 }'")} proto bird metric 32, ` +
        "where static was claimed",
    ]);
  });

  test("an ended session and a dead BIRD are drift of just these nodes, and `up` repairs it", async () => {
    await bgp.in("host01", `birdc disable '"to-*"'`);
    await bgp.in("host02", "pkill -KILL -x bird");
    expect(await bgp.preview()).toEqual(["host01-state: update", "host02-state: update", "verification: update"]);
    const before = await bgp.identities();
    await bgp.up();
    await proved(bgp);
    expect(await bgp.identities()).toEqual(before);
  });
});

describe("cni", () => {
  test("a wrong claim fails in words: eth0 is not Docker's", async () => {
    const format = "{{range .NetworkSettings.Networks}}[{{.IPAddress}}]{{end}}";
    const wrong = tells("the engine's address", "host01", `docker inspect -f '${format}' web.pause`, "192.168.20.2");
    expect(await said(cni, wrong)).toEqual([
      `the engine's address: host01$ docker inspect -f '${format}' web.pause said [], where 192.168.20.2 was claimed`,
    ]);
    const seen = sees("masqueraded", "tcp host01/web -> host02/web:8080", { sourceSeen: "10.237.1.2" });
    expect(await said(cni, seen)).toEqual([
      "masqueraded: tcp host01/web -> host02/web:8080 saw ok from host02/web:app seeing 192.168.20.2 ttl 61, " +
        "where ok seeing 10.237.1.2 was claimed",
    ]);
  });

  test("a veth that is gone is drift of the pod's wiring, which `up` repairs without touching the pod", async () => {
    await cni.in("host01", "ip link delete $(ip -o link show master cbr0 | awk -F '[ :@]+' 'NR == 1 { print $2 }')");
    expect(await cni.preview()).toEqual(["host01-state: update", "verification: update"]);
    const before = await cni.identities();
    await cni.up();
    await proved(cni);
    expect(await cni.identities()).toEqual(before);
  });

  test("a host that restarts runs the plugins again by itself, and its pods have their addresses", async () => {
    await execa("docker", ["restart", "--time", "1", "test-cni.host01"]);
    await eventually(async () => ((await cni.check()).exitCode === 0 ? true : undefined));
    expect(await cni.in("host01", "docker exec web.app ip -4 -o address show eth0")).toContain("192.168.20.2/24");
  });
});

test("one that is stopped leaves the other whole", async () => {
  const before = await bgp.identities();
  expect(await cni.remove()).toEqual([]);
  expect(await bgp.identities()).toEqual(before);
  await proved(bgp);
});
