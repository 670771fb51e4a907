/**
 * The machine's own firewall drops or rewrites frames of a lab, in each way that is known of machines with Docker. Every time podlab
 * names table, chain and rule, and the command that it prints mends it. On a machine of the test's own: this one's rules stay as they are.
 */
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Report } from "../../lab-scripts/report/schema.ts";
import { ownEngine } from "./ownEngine.ts";
import type { PrivateEngine } from "./privateEngine.ts";

const NAME = "test-firewall";
const MARK = ["-m", "comment", "--comment", "podlab test"];
const pods = [{ name: "web", containers: [{ name: "app", ports: [{ containerPort: 8080 }] }] }];
const SPEC = {
  ipv6: true,
  internet: { subnet: "203.0.113.64/27" },
  hosts: [
    { name: "host01", segment: "10.238.1.0/24", podSubnet: "192.168.20.0/24", pods },
    { name: "host02", segment: "10.238.2.0/24", podSubnet: "192.168.30.0/24", pods },
  ],
};
const TABLES = ["iptables", "ip6tables"];
const CALLS = ["net.bridge.bridge-nf-call-iptables=1", "net.bridge.bridge-nf-call-ip6tables=1"];
const HOST02 = "10.238.2.2";

/** As Docker 27 and newer are without it. */
const IPV6 = { experimental: true, ip6tables: true };
const own = ownEngine(NAME, SPEC, IPV6);
let engine: PrivateEngine;
const { podlab } = own;

beforeAll(async () => {
  ({ engine } = own);
  const { exitCode, all } = await engine.run("sysctl", "-w", ...CALLS);
  if (exitCode !== 0) throw new Error(`this kernel has no br_netfilter: ${all}`);
});

let saved: readonly string[] = [];

beforeEach(save);

async function save(): Promise<void> {
  saved = await Promise.all(TABLES.map(async (tool) => (await engine.run(`${tool}-save`)).stdout));
}

afterEach(async () => {
  for (const [at, tool] of TABLES.entries()) await done("sh", "-c", `echo "$0" | ${tool}-restore`, saved[at]!);
  // Of what was not there before nothing is restored.
  await done("iptables", "-t", "raw", "-F");
  await done("ebtables", "-F", "FORWARD");
  await done("sysctl", "-w", ...CALLS);
});

async function done(...command: string[]): Promise<void> {
  const { exitCode, all } = await engine.run(...command);
  expect(exitCode, all).toBe(0);
}

/** What was told at once, and the findings at the machine. */
async function checked(): Promise<{ told: string; findings: Report["findings"] }> {
  const { exitCode, stdout, stderr } = await podlab("check", NAME, "--json");
  expect(exitCode, stderr).toBe(1);
  const { findings } = JSON.parse(stdout) as Report;
  return { told: stderr, findings: findings.filter(({ node }) => node === "the machine") };
}

/** Runs the command that a finding gives. */
async function mend(finding: Report["findings"][number] | undefined): Promise<void> {
  const [line] = finding!.evidence.flatMap(
    (one) => /^mend(?:, until [^:]+)?: ((?:for|ip6?tables|nft) .*)$/.exec(one)?.[1] ?? [],
  );
  await done("sh", "-c", line!);
  const { exitCode, all } = await podlab("check", NAME);
  expect(exitCode, all).toBe(0);
}

test("Docker 28's rule of table raw: told at once, and the start does not wait for it to go away", async () => {
  await done("iptables", "-t", "raw", "-A", "PREROUTING", "-d", HOST02, "!", "-i", "br-other", ...MARK, "-j", "DROP");
  const { exitCode, all } = await podlab("start", NAME);
  // With the rules of the lab's networks, which are there only now.
  await save();
  expect(exitCode, all).toBe(1);
  // While Pulumi still waits for the verdict.
  expect(all).toMatch(
    /^ {2}verification: this machine drops the lab's frames on host01-net by its iptables raw PREROUTING.*FAILED verification/ms,
  );
  const rule = `iptables raw PREROUTING rule "-d ${HOST02}/32 ! -i br-other -m comment --comment "podlab test" -j DROP"`;
  expect(all).toContain(`drops it by its ${rule}`);
  // Not tried again for the 10 s that a lab may need to settle.
  expect(Number(/checks: .* in ([\d.]+) s/.exec(all)![1])).toBeLessThan(10);
  const { told, findings } = await checked();
  expect(told).toContain(`this machine drops the lab's frames on host01-net by its ${rule}`);
  expect(findings).toHaveLength(1);
  expect(findings[0]!.cause).toContain(`drops it by its ${rule}`);
  expect(findings[0]!.evidence[0]).toMatch(/^the machine: iptables raw PREROUTING #1 .* counted [1-9]\d* packet/);
  expect(findings[0]!.evidence[1]).toMatch(/^mend: npm stop .*nat-unprotected/);
  await mend(findings[0]);
});

const RULE = `--comment "podlab:${NAME}"`;

test("a policy of ip6tables, as Docker sets it that turns IPv6 forwarding on, does nothing to a lab", async () => {
  await done("docker", "network", "create", "--ipv6", "--subnet", "fd00:99::/64", "ipv6");
  expect((await engine.run("ip6tables", "-S", "FORWARD")).stdout).toMatch(/^-P FORWARD DROP$/m);
  const { exitCode, all } = await podlab("check", NAME);
  expect(exitCode, all).toBe(0);
});

test("a rule that a reboot or another firewall has taken away: named, told by preview, made again by start", async () => {
  await done("ip6tables", "-F", "FORWARD");
  await done("ip6tables", "-P", "FORWARD", "DROP");
  const { told, findings } = await checked();
  expect(told).toMatch(
    /drops the lab's frames on host01-net by its ip6tables filter FORWARD policy DROP: the echo from host01/,
  );
  expect(findings.map(({ cause }) => cause)).toEqual([
    expect.stringContaining("by its ip6tables filter FORWARD policy DROP"),
  ]);
  expect(findings[0]!.evidence[1]).toMatch(/^mend: npm start -- test-firewall: the lab's own rule of ip6tables/);
  const preview = await podlab("pulumi", "preview", "--stack", NAME, "--non-interactive");
  expect(preview.all).toContain("drifted: host01-net: a rule of the machine's ip6tables");
  const { exitCode, all } = await podlab("start", NAME);
  expect(exitCode, all).toBe(0);
  expect((await engine.run("ip6tables-save")).stdout.split(RULE)).toHaveLength(4);
  // Each once, however often it is built.
  await done("ip6tables", "-D", "FORWARD", "1");
  expect((await podlab("start", NAME)).exitCode).toBe(0);
  expect((await engine.run("ip6tables-save")).stdout.split(RULE)).toHaveLength(4);
});

test("a rule of DOCKER-USER that is for pods alone", async () => {
  await done("iptables", "-I", "DOCKER-USER", "-s", "192.168.0.0/16", "-p", "tcp", ...MARK, "-j", "DROP");
  const { told, findings } = await checked();
  // The echoes between nodes pass.
  expect(told).not.toContain("this machine drops");
  expect(findings[0]!.cause).toMatch(
    /by its iptables filter DOCKER-USER rule "-s 192\.168\.0\.0\/16 -p tcp .*-j DROP"/,
  );
  await mend(findings[0]);
});

test.each([
  ["IPv4", ["-p", "IPv4", "--ip-proto", "icmp"]],
  ["ARP", ["-p", "ARP"]],
])(
  "a rule of ebtables for %s, which frames pass whether or not their bridge calls the firewall",
  async (_, matches) => {
    await done("sysctl", "-w", "net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0");
    await done("ebtables", "-A", "FORWARD", ...matches, "-j", "DROP");
    for (const node of ["host01", "host02", "router", "internet"]) {
      await done("docker", "exec", `${NAME}.${node}`, "ip", "neighbour", "flush", "all");
    }
    const { told, findings } = await checked();
    const rule = `by its ebtables filter FORWARD rule "${matches.join(" ")} -j DROP"`;
    expect(told).toContain(`this machine drops the lab's frames on host01-net ${rule}`);
    expect(findings.map(({ cause }) => cause)).toEqual([expect.stringContaining(`drops it ${rule}`)]);
    await mend(findings[0]);
  },
);

test("somebody's Docker network with the pods' subnet masquerades them", async () => {
  await done("docker", "network", "create", "--subnet", "192.168.16.0/20", "somebodys");
  const { findings } = await checked();
  expect(findings[0]!.cause).toMatch(
    /rewrites its source .* by its iptables nat POSTROUTING rule "-s 192\.168\.16\.0\/20 ! -o \S+ -j MASQUERADE"/,
  );
  expect(findings[0]!.evidence[1]).toMatch(
    /^the rule is of Docker network somebodys \(192\.168\.16\.0\/20\).*docker network rm somebodys/,
  );
  // A lab is not made beside it, nor made anew.
  const { exitCode, all } = await podlab("start", NAME);
  expect(exitCode, all).toBe(3);
  expect(all).toContain("Docker network somebodys (192.168.16.0/20) masquerades what host01/web (192.168.20.2) sends");
  await mend(findings[0]);
  await done("docker", "network", "rm", "somebodys");
});

test("a lab's removal takes its rules away, and no others", async () => {
  await done("ip6tables", "-A", "FORWARD", "-i", "br-other", ...MARK, "-j", "ACCEPT");
  const { exitCode, all } = await podlab("stop", NAME);
  expect(exitCode, all).toBe(0);
  expect(all).toContain("firewall rule of it is left");
  const { stdout } = await engine.run("ip6tables-save");
  expect(stdout).not.toContain(RULE);
  expect(stdout).toContain('--comment "podlab test"');
});
