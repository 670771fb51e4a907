/** The article's lab, for real: built, verified, broken by hand, restarted, grown. */
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker } from "../../bench/docker.ts";
import { script } from "../../infra/components/desiredState.ts";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import { Pages } from "../browser/pages.ts";
import { eventually, TestLab } from "./harness.ts";

const SEGMENTS = { host01: "10.241.1.0/24", host02: "10.241.2.0/24", host03: "10.241.3.0/24" };
const host = (name: keyof typeof SEGMENTS, podSubnet: string, pods: object[] = [{ name: "web" }, { name: "db" }]) => ({
  name,
  segment: SEGMENTS[name],
  podSubnet,
  pods,
});
const spec = (...hosts: object[]) => ({ internet: { subnet: "198.51.100.224/27" }, hosts });
const TWO = [host("host01", "192.168.20.0/24"), host("host02", "192.168.30.0/24")];

let lab: TestLab;

beforeAll(async () => {
  lab = await TestLab.create("test-routed", spec(...TWO));
  await lab.up();
});

afterAll(async () => {
  expect(await lab?.remove()).toEqual([]);
});

/** Written by every whole check. */
const PAGE = join(ROOT, "report/test-routed/index.html");

/** The exit code of a command as a user would type it. */
async function run(command: string): Promise<number> {
  const { exitCode } = await execa({ shell: true, reject: false, cwd: ROOT, timeout: 30_000 })`${command}`;
  return exitCode ?? -1;
}

/** What the page shows of a router without the route to host02's pods. */
async function expectPage(failed: number): Promise<void> {
  const pages = await Pages.start();
  try {
    const { page, complaints } = await pages.open(PAGE);
    expect(await page.textContent("#head .verdict")).toContain(`${failed} failed`);
    await page.click('#matrix [data-key="host01/web host02/web"].fail');
    const told = await page.innerText("#details");
    expect(told).toContain("router has no route to 192.168.30.0/24");
    expect(told).toContain("forwarded by route 192.168.30.0/24 via 10.241.2.2");
    expect(complaints).toEqual([]);
  } finally {
    await pages.close();
  }
}

describe("a lab that is up", () => {
  test("does what its plan says", async () => {
    const { exitCode, report } = await lab.check();
    expect(report.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(exitCode).toBe(0);
    expect(report.summary.total).toBeGreaterThan(50);
  });

  test("shows the article's facts: pod to pod without NAT, three hops between hosts, one namespace a pod", async () => {
    const { report } = await lab.check();
    const seen = (id: string) => report.checks.find((check) => check.id === id)?.observed;
    expect(seen("icmp host01/web -> host02/web")).toMatchObject({ outcome: "ok", ttl: 61 });
    expect(seen("icmp host01/web -> host01/db")).toMatchObject({ outcome: "ok", ttl: 64 });
    expect(await lab.in("host01", "docker exec web.app wget -qO- http://192.168.30.2:8080")).toContain(
      '"client":"192.168.20.2"',
    );
    expect(await lab.in("host01", "docker exec web.app wget -qO- http://198.51.100.234")).toContain(
      '"client":"198.51.100.225"',
    );
    const pause = await lab.in("host01", "docker inspect -f '{{.Id}}' web.pause");
    expect(await lab.in("host01", "docker inspect -f '{{.HostConfig.NetworkMode}}' web.app")).toBe(
      `container:${pause}`,
    );
  });

  test("its page gives commands that ask each kind of check again, and they are answered", async () => {
    const pages = await Pages.start();
    try {
      const { page, complaints } = await pages.open(`${PAGE}#from=host01%2Fweb&to=host02%2Fdb`);
      const checks = page.locator("#details .check");
      for (let at = 0; at < (await checks.count()); at += 1) {
        await checks.nth(at).click();
        const [again, probe] = await page.locator("#details .commands pre").allTextContents();
        if (at === 0)
          expect(await run(again!.replace("npm run check --", `${process.execPath} lab-scripts/cli.ts check`))).toBe(0);
        const closed = (await checks.nth(at).textContent())!.includes("closed");
        expect((await run(probe!)) === 0, probe).toBe(!closed);
      }
      expect(complaints).toEqual([]);
    } finally {
      await pages.close();
    }
  });

  test("is not changed by a second look", async () => {
    expect(await lab.preview()).toEqual([]);
    expect(await lab.preview()).toEqual([]);
  });

  test("a node's Command leaves it alone where it is plugged in as it should be, and plugs it in where it is not", async () => {
    const [node, network] = [`${lab.name}.host01`, `${lab.name}.host01-net`];
    const inspect = async (what: string, of: string) => (await docker("inspect", "--format", what, of)).trim();
    const endpoint = (what: string) => inspect(`{{(index .NetworkSettings.Networks "${network}").${what}}}`, node);
    const NETWORKS = await inspect("{{slice .Id 0 12}}", network);
    const address = await endpoint("IPAddress");
    const env = { NODE: node, CABLES: `${network}=${address}`, NETWORKS, GENERATION: "1", IMAGES: "0" };
    const input = await lab.in("host01", "podlab-node state");
    const apply = () => execa("sh", ["-c", script("apply")], { env, input });
    const before = await endpoint("EndpointID");
    await apply();
    expect(await endpoint("EndpointID")).toBe(before);

    await docker("network", "disconnect", network, node);
    await apply();
    expect(await endpoint("EndpointID")).not.toBe(before);
    expect(await endpoint("IPAddress")).toBe(address);
    expect((await lab.check()).exitCode).toBe(0);
  });

  test("a node says what it was told, that it differs in nothing, and is not changed by being told it again", async () => {
    const before = await lab.identities();
    for (const node of ["internet", "router", "host01", "host02"]) {
      expect(JSON.parse(await lab.in(node, "podlab-node state"))).toMatchObject({ node });
      expect(await lab.in(node, "podlab-node apply --stored"), node).toBe("");
      expect(JSON.parse(await lab.in(node, "podlab-node observe"))).toMatchObject({
        ...{ node, booted: true, generation: 1, faults: [], differences: [] },
      });
    }
    expect(await lab.identities()).toEqual(before);
  });

  test("a host has its pods' image from the node's, one shim for all pods, and keeps them while its containerd is started again", async () => {
    // Taken in while the node image was built: no engine of a host has been told to import it.
    expect(await lab.in("host01", "docker history --quiet podlab/pod")).toBe(
      await lab.in("host02", "docker history --quiet podlab/pod"),
    );
    expect(await lab.in("host01", "pgrep -c containerd-shim")).toBe("1");
    const before = await lab.identities();
    await lab.in("host01", "kill -9 $(cat /run/podlab/containerd.pid)");
    await eventually(() =>
      lab.in("host01", "docker run --rm --network none podlab/pod busybox echo runs").catch(() => undefined),
    );
    expect(await lab.identities()).toEqual(before);
    expect((await lab.check()).exitCode).toBe(0);
  });

  test("shows what a learner looks for: a container's log, and processes that can be read", async () => {
    await lab.in("host01", "docker exec web.app wget -qO- http://192.168.20.2:8080");
    const driver = await lab.in("host01", "docker inspect --format '{{.HostConfig.LogConfig.Type}}' web.app");
    expect(["local", "json-file"]).toContain(driver);
    await lab.in("host01", "docker logs web.app");
    const processes = (await lab.in("host01", "ps aux --width 1000")).split("\n");
    expect(processes.filter((line) => line.length > 200)).toEqual([]);
  });

  test("shares nothing with the machine: no privilege, no mount of it, no published port", async () => {
    const { stdout: ids } = await execa("docker", ["ps", "-q", "--filter", "label=dev.podlab.lab=test-routed"]);
    const { stdout } = await execa("docker", ["inspect", ...ids.split("\n")]);
    for (const { HostConfig, Mounts, NetworkSettings } of JSON.parse(stdout)) {
      expect(HostConfig.Privileged).toBe(false);
      expect(Mounts.filter(({ Type }: { Type: string }) => Type === "bind")).toEqual([]);
      expect(Object.values(NetworkSettings.Ports ?? {}).filter(Boolean)).toEqual([]);
    }
  });
});

describe("broken by hand", () => {
  test("a route gone from the router fails exactly the pairs that need it, and putting it back heals them", async () => {
    await lab.in("router", "ip route delete 192.168.30.0/24");
    const { exitCode, report } = await lab.check();
    const failed = report.checks.filter(({ verdict }) => verdict !== "pass");
    expect(exitCode).toBe(1);
    expect(failed.length).toBeGreaterThan(0);
    for (const { id, from, to } of failed) {
      // Every failing pair has one end in the subnet that the router forgot, and the other beyond the router.
      const ends = [from, to].filter((end) => end.startsWith("host02/"));
      expect(ends, id).toHaveLength(1);
      expect(
        [from, to].some((end) => end === "host02"),
        id,
      ).toBe(false);
    }
    const crossing = report.checks.filter(
      ({ kind, from, to }) => kind === "icmp" && from.startsWith("host01/") && to.startsWith("host02/"),
    );
    expect(crossing.every(({ verdict }) => verdict === "fail")).toBe(true);
    await expectPage(failed.length);
    await lab.in("router", "ip route add 192.168.30.0/24 via 10.241.2.2");
    expect((await lab.check()).exitCode).toBe(0);
  });

  test("drift shows in a preview node by node, and one up repairs just that", async () => {
    await lab.in("router", "ip route delete 192.168.20.0/24");
    await lab.in("host01", "docker kill web.pause && sleep 1");
    await lab.in("host02", "iptables -t nat -F PODLAB-MASQ");
    const before = await lab.identities();
    expect(await lab.preview()).toEqual([
      "host01-state: update",
      "host02-state: update",
      "router-state: update",
      "verification: update",
    ]);
    await lab.up();
    expect(await lab.preview()).toEqual([]);
    expect((await lab.check()).exitCode).toBe(0);
    const touched = [...(await lab.identities())].filter(([name, identity]) => before.get(name) !== identity);
    expect(touched.map(([name]) => name).every((name) => name.startsWith("host01/web."))).toBe(true);
  });

  test("a host that is restarted comes back by itself, with a new /run", async () => {
    await lab.in("host01", "touch /run/of-before");
    await execa("docker", ["restart", "-t", "1", "test-routed.host01"]);
    const { exitCode, report } = await lab.check();
    expect(await lab.in("host01", "ls /run")).not.toContain("of-before");
    expect(report.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(exitCode).toBe(0);
    expect(await lab.preview()).toEqual([]);
  });

  test.each([
    ["stopped in order", ["stop", "-t", "5"]],
    ["killed", ["kill"]],
  ])("a host that is %s and started again has the containers that it had", async (_, end) => {
    const pods = () => lab.in("host01", "docker ps --all --quiet --no-trunc --filter label=dev.podlab.pod | sort");
    const before = await pods();
    await docker(...end, "test-routed.host01");
    await docker("start", "test-routed.host01");
    expect((await lab.check()).exitCode).toBe(0);
    expect(await pods()).toBe(before);
    expect(await lab.preview()).toEqual([]);
  });

  test("a stopped host is no answer: exit code 2", async () => {
    await execa("docker", ["stop", "-t", "1", "test-routed.host02"]);
    expect((await lab.check()).exitCode).toBe(2);
    await lab.up();
    expect((await lab.check()).exitCode).toBe(0);
  });
});

describe("changed in its config", () => {
  test("a third host is added beside the others, which are not touched", async () => {
    const before = await lab.identities();
    lab.setSpec(spec(...TWO, host("host03", "192.168.40.0/24", [{ name: "web" }])));
    await lab.up();
    const after = await lab.identities();
    for (const [name, identity] of before) expect(after.get(name), name).toBe(identity);
    expect(after.has("host03/web.pause")).toBe(true);
    expect(await lab.in("router", "ip route show 192.168.40.0/24")).toContain("via 10.241.3.2");
    expect((await lab.check()).exitCode).toBe(0);
  });

  test("a container of one pod is made over in place; its pause container and all others stay", async () => {
    const before = await lab.identities();
    const web = {
      name: "web",
      containers: [
        { name: "app", ports: [{ containerPort: 8081 }] },
        { name: "sidecar", ports: [{ containerPort: 9090 }] },
      ],
    };
    lab.setSpec(spec(host("host01", "192.168.20.0/24", [web, { name: "db" }]), TWO[1]!));
    await lab.up();
    const after = await lab.identities();
    const changed = [...before].filter(([name, identity]) => after.get(name) !== identity).map(([name]) => name);
    expect(changed.filter((name) => !name.startsWith("host03"))).toEqual(["host01/web.app"]);
    expect(after.has("host03")).toBe(false);
    expect(await lab.in("router", "ip route show 192.168.40.0/24")).toBe("");
    expect((await lab.check()).exitCode).toBe(0);
  });
});
