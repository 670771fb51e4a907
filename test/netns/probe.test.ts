/**
 * The prober on real packets.
 *
 *   client 10.77.1.2 ── 10.77.1.1 left 10.77.0.1 ── 10.77.0.2 right 10.77.2.1 ── 10.77.2.2 server
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { NodeExec } from "../../lab-scripts/verify/nodeProgram.ts";
import { AGENT, onThisMachine } from "./agent.ts";
import { Namespaces } from "./namespaces.ts";
import { type Asked, ask, probeFrom } from "./prober.ts";

const SERVER = "10.77.2.2";
const lab = new Namespaces();
const undo: (() => void)[] = [];

beforeAll(async () => {
  lab.add("client", "left", "right", "server");
  lab.join("client", "10.77.1.2/24", "left", "10.77.1.1/24");
  lab.join("left", "10.77.0.1/24", "right", "10.77.0.2/24");
  lab.join("right", "10.77.2.1/24", "server", "10.77.2.2/24");
  lab.ip("client", "route add default via 10.77.1.1");
  lab.ip("left", "route add 10.77.2.0/24 via 10.77.0.2");
  lab.ip("right", "route add 10.77.1.0/24 via 10.77.0.1");
  lab.ip("server", "route add default via 10.77.2.1");
  for (const router of ["left", "right"]) lab.in(router, "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratemask=0");
  lab.serve("server", [80, 8080], "server/web:app");
  for (const server of [UDP_SERVER, STRANGE_SERVER]) lab.start("server", ["python3", "-c", server]);
  await lab.listening("server", 80);
});
afterAll(() => lab.remove());
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

const UDP_SERVER = `
import json, socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("0.0.0.0", 53))
while True:
    _, client = sock.recvfrom(2048)
    sock.sendto(json.dumps({"server": "server/web:udp", "client": client[0]}).encode(), client)
`;

const SILENT_SERVER = `
import socket
listener = socket.create_server(("0.0.0.0", 90))
accepted = [listener.accept() for _ in iter(int, 1)]
`;

/** Names itself, a port each, by what is no text, by what is too long, and by JSON that is too deep. */
const STRANGE_SERVER = `
import json, select, socket
answers = {6001: {"server": {"a": 1}, "client": "x"}, 6002: {"server": "s" * 900, "client": "c" * 900}, 6003: None}
socks = {}
for port in answers:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    socks[sock] = json.dumps(answers[port]).encode() if answers[port] else b'{"server": ' + b"[" * 30000
while True:
    for sock in select.select(socks, [], [])[0]:
        sock.sendto(socks[sock], sock.recvfrom(2048)[1])
`;

/** Does something in a namespace, and undoes it after the test. */
function change(where: string, command: string, back: string): void {
  lab.in(where, command);
  undo.push(() => lab.in(where, back));
}

/** An iptables rule for the length of one test. */
function rule(where: string, text: string): void {
  change(where, `iptables ${text}`, `iptables ${text.replace(/-[AI] /, "-D ")}`);
}

async function one(probe: Asked) {
  const [result] = await probeFrom({ name: lab.nameOf("client") }, [probe]);
  return result!;
}

const icmp = (address = SERVER, timeout = 1): Asked => ({ kind: "icmp", address, timeout });
const tcp = (port = 80, address = SERVER, timeout = 1): Asked => ({ kind: "tcp", address, port, timeout });
const udp = (port = 53, timeout = 1): Asked => ({ kind: "udp", address: SERVER, port, timeout });

describe("ok", () => {
  test("an echo reply, with the TTL that two routers left of 64", async () => {
    expect(await one(icmp())).toEqual({ outcome: "ok", ttl: 62 });
  });

  test("TCP: the TTL of the SYN-ACK, who answered, and whom it saw", async () => {
    const seen = { outcome: "ok", ttl: 62, identity: "server/web:app", sourceSeen: "10.77.1.2" };
    expect(await one(tcp())).toEqual(seen);
  });

  test("a server with several ports answers on each, by TCP and UDP", async () => {
    const seen = { outcome: "ok", ttl: 62, identity: "server/web:app", sourceSeen: "10.77.1.2" };
    expect(await Promise.all([tcp(8080), udp(80), udp(8080)].map(one))).toEqual([seen, seen, seen]);
  });

  test("TCP without a question needs no server that speaks HTTP", async () => {
    lab.start("server", ["python3", "-c", SILENT_SERVER]);
    await lab.listening("server", 90);
    expect(await one({ ...tcp(90), ask: false })).toEqual({ outcome: "ok", ttl: 62 });
    expect(await one({ ...tcp(90), timeout: 0.5 })).toMatchObject({
      outcome: "timeout",
      detail: expect.stringMatching(/^connected/),
    });
  });

  test("an answer is an answer, however strange", async () => {
    const strange = [6001, 6002, 6003].map((port) => udp(port, 3));
    const [noText, tooLong, tooDeep] = await probeFrom({ name: lab.nameOf("client") }, strange);
    expect(noText).toMatchObject({ outcome: "ok", detail: expect.stringContaining("answered") });
    expect(tooLong).toMatchObject({ outcome: "ok", identity: "s".repeat(200), sourceSeen: "c".repeat(200) });
    expect(tooDeep).toMatchObject({ outcome: "ok", detail: expect.stringContaining("answered") });
  });

  test("UDP: the answer, with its TTL", async () => {
    expect(await one(udp())).toEqual({ outcome: "ok", ttl: 62, identity: "server/web:udp", sourceSeen: "10.77.1.2" });
  });

  test("a masquerade on the way shows in the source that the server saw", async () => {
    rule("right", "-t nat -A POSTROUTING -d 10.77.2.2 -j MASQUERADE");
    expect(await one(tcp())).toMatchObject({ outcome: "ok", sourceSeen: "10.77.2.1" });
    expect(await one(udp())).toMatchObject({ outcome: "ok", sourceSeen: "10.77.2.1" });
  });
});

test("an answer that came only when asked again says so: a loss is not hidden", async () => {
  for (const protocol of ["icmp", "udp", "tcp"]) {
    rule("left", `-A FORWARD -s 10.77.1.2 -p ${protocol} -m statistic --mode nth --every 1000 --packet 0 -j DROP`);
  }
  for (const probe of [icmp(SERVER, 3), udp(53, 3), tcp(80, SERVER, 3)]) {
    expect(await one(probe), probe.kind).toMatchObject({ outcome: "ok", asked: 2 });
    expect(await one(probe), probe.kind).not.toHaveProperty("asked");
  }
});

describe("refused", () => {
  test("a closed TCP port answers with RST", async () => {
    expect(await one(tcp(81))).toEqual({ outcome: "refused", ttl: 62, detail: "TCP RST" });
  });

  test("a closed UDP port answers with ICMP port unreachable", async () => {
    expect(await one(udp(81))).toMatchObject({ outcome: "refused", ttl: 62, icmpFrom: SERVER });
  });

  test("REJECT on a router: the router is named, for TCP, UDP and ICMP", async () => {
    rule("left", "-A FORWARD -d 10.77.2.2 -j REJECT");
    for (const probe of [tcp(), udp(), icmp()]) {
      expect(await one(probe)).toMatchObject({ outcome: "refused", ttl: 64, icmpFrom: "10.77.1.1" });
    }
  });
});

describe("timeout", () => {
  test("DROP on a router is silence for every kind, and lasts as long as asked", async () => {
    rule("right", "-A FORWARD -d 10.77.2.2 -j DROP");
    const started = performance.now();
    const seen = await probeFrom({ name: lab.nameOf("client") }, [icmp(), tcp(), udp(), tcp(81)]);
    expect(seen.map(({ outcome }) => outcome)).toEqual(["timeout", "timeout", "timeout", "timeout"]);
    expect(performance.now() - started).toBeGreaterThan(1_000);
  });

  test("an answer that is dropped on its way back is silence too", async () => {
    rule("left", "-A FORWARD -s 10.77.2.2 -j DROP");
    expect((await one(tcp())).outcome).toBe("timeout");
  });

  test("DROP of the sender's own OUTPUT chain is silence, not a probe that failed", async () => {
    rule("client", "-A OUTPUT -d 10.77.2.2 -j DROP");
    expect(await one(icmp())).toMatchObject({
      outcome: "timeout",
      detail: expect.stringMatching(/own filter drops it/),
    });
    expect((await one(udp())).outcome).toBe("timeout");
    expect((await one(tcp())).outcome).toBe("timeout");
  });

  test("a blackhole route on a router is silence", async () => {
    change("left", "ip route add blackhole 10.77.2.2", "ip route del blackhole 10.77.2.2");
    expect((await one(icmp())).outcome).toBe("timeout");
  });
});

describe("no-route", () => {
  test("a router without a route says so", async () => {
    change("left", "ip route del 10.77.2.0/24", "ip route add 10.77.2.0/24 via 10.77.0.2");
    for (const probe of [icmp(), tcp(), udp()]) {
      expect(await one(probe)).toMatchObject({ outcome: "no-route", icmpFrom: "10.77.1.1" });
    }
  });

  test("an unreachable route on a router", async () => {
    change("right", "ip route add unreachable 10.77.2.2", "ip route del unreachable 10.77.2.2");
    expect(await one(tcp())).toMatchObject({ outcome: "no-route", icmpFrom: "10.77.0.2" });
  });

  test("the sender itself has no route: no ICMP, and nobody to name", async () => {
    change("client", "ip route del default", "ip route add default via 10.77.1.1");
    for (const probe of [icmp(), tcp(), udp()]) {
      const seen = await one(probe);
      expect(seen).toMatchObject({ outcome: "no-route", detail: expect.stringMatching(/own kernel/) });
      expect(seen).not.toHaveProperty("icmpFrom");
    }
  });

  test("nobody answers ARP behind the last router", async () => {
    const seen = await probeFrom({ name: lab.nameOf("client") }, [icmp("10.77.2.9", 4), tcp(80, "10.77.2.9", 4)]);
    for (const result of seen) expect(result).toMatchObject({ outcome: "no-route", icmpFrom: "10.77.0.2" });
  });

  test("nobody answers ARP on the sender's own link", async () => {
    const seen = await probeFrom({ name: lab.nameOf("client") }, [icmp("10.77.1.9", 4), tcp(80, "10.77.1.9", 4)]);
    for (const result of seen) expect(result.outcome).toBe("no-route");
  });
});

test("prohibited: a prohibit route, and REJECT with icmp-admin-prohibited", async () => {
  change("left", "ip route add prohibit 10.77.2.2", "ip route del prohibit 10.77.2.2");
  expect(await one(tcp())).toMatchObject({ outcome: "prohibited", icmpFrom: "10.77.1.1" });
  rule("left", "-I FORWARD -d 10.77.2.2 -j REJECT --reject-with icmp-admin-prohibited");
  expect(await one(icmp())).toMatchObject({ outcome: "prohibited", icmpFrom: "10.77.1.1" });
});

test("ttl-exceeded: two routers that send a packet to each other", async () => {
  change("right", "ip route add 10.77.2.2 via 10.77.0.1", "ip route del 10.77.2.2");
  for (const probe of [icmp(), tcp(), udp()]) {
    expect(await one(probe)).toMatchObject({ outcome: "ttl-exceeded", icmpFrom: expect.stringMatching(/^10\.77\./) });
  }
});

describe("path", () => {
  test("the routers in order", async () => {
    const seen = await one({ kind: "path", address: SERVER });
    expect(seen).toEqual({ outcome: "ok", hops: ["10.77.1.1", "10.77.0.2"], ttl: 62 });
  });

  test("a neighbour has no router before it", async () => {
    expect(await one({ kind: "path", address: "10.77.1.1" })).toMatchObject({ outcome: "ok", hops: [] });
  });

  test("a router that says nothing is a star", async () => {
    rule("left", "-A OUTPUT -p icmp --icmp-type time-exceeded -j DROP");
    expect(await one({ kind: "path", address: SERVER })).toMatchObject({ outcome: "ok", hops: ["*", "10.77.0.2"] });
  });

  test("where the way ends, the hops so far", async () => {
    rule("right", "-A FORWARD -d 10.77.2.2 -j DROP");
    const seen = await one({ kind: "path", address: SERVER });
    expect(seen).toMatchObject({ outcome: "timeout", hops: ["10.77.1.1", "10.77.0.2"] });
  });
});

describe("mtu", () => {
  const mtu = (): Asked => ({ kind: "mtu", address: SERVER, timeout: 8 });

  test("the link's own", async () => {
    expect(await one(mtu())).toEqual({ outcome: "ok", mtu: 1500 });
  });

  test("a narrower link further on, as its router says", async () => {
    change("left", "ip link set dev to-right mtu 1400", "ip link set dev to-right mtu 1500");
    expect(await one(mtu())).toEqual({ outcome: "ok", mtu: 1400, icmpFrom: "10.77.1.1" });
  });

  test("a path MTU learnt before does not stand in for the wire", async () => {
    change("left", "ip link set dev to-right mtu 1400", "ip link set dev to-right mtu 1400");
    await one(mtu());
    lab.ip("left", "link set dev to-right mtu 1500");
    expect(await one(mtu())).toMatchObject({ outcome: "ok", mtu: 1500 });
  });

  test("a black hole: no router says anything", async () => {
    change("left", "ip link set dev to-right mtu 1400", "ip link set dev to-right mtu 1500");
    rule("left", "-A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP");
    const seen = await one({ ...mtu(), timeout: 12 });
    expect(seen).toMatchObject({ outcome: "ok", mtu: 1400, detail: expect.stringMatching(/black hole/) });
  }, 20_000);
});

describe("probe-error", () => {
  test("a namespace that is not there", async () => {
    const [seen] = await probeFrom({ name: "pl-test-nobody" }, [icmp()]);
    expect(seen).toMatchObject({
      outcome: "probe-error",
      detail: expect.stringMatching(/pl-test-nobody cannot be opened/),
    });
  });

  test("a pod when no engine answers", async () => {
    const probes = [{ id: "0", kind: "icmp", address: SERVER, timeout: 1 }];
    const answer = await ask([{ id: "pod", netns: { pause: "pl-test-nobody.pause" }, controls: [], probes }]);
    expect(answer.results.get("0")).toMatchObject({
      outcome: "probe-error",
      detail: expect.stringMatching(/pl-test-nobody|does not answer/),
    });
    expect(answer.trouble).toBeUndefined();
  });

  test("one source's trouble does not silence another", async () => {
    const probes = (id: string) => [{ id, kind: "icmp", address: SERVER, timeout: 1 }];
    const answer = await ask([
      { id: "gone", netns: { name: "pl-test-nobody" }, controls: [], probes: probes("gone") },
      { id: "client", netns: { name: lab.nameOf("client") }, controls: [], probes: probes("client") },
    ]);
    expect(answer.results.get("gone")?.outcome).toBe("probe-error");
    expect(answer.results.get("client")?.outcome).toBe("ok");
  });

  test("a kind that the prober doesn't know, and an address it can't take", async () => {
    const seen = await probeFrom("self", [
      { kind: "sctp", address: SERVER },
      icmp("192.168.20.256"),
      icmp("not-an-address"),
    ]);
    expect(seen.map(({ outcome }) => outcome)).toEqual(["probe-error", "probe-error", "probe-error"]);
  });

  test("no capability for raw sockets", async () => {
    const { runProber } = await import("../../lab-scripts/verify/prober.ts");
    const probes = [{ id: "0", kind: "icmp", address: SERVER, timeout: 1 }];
    const source = { id: "self", netns: "self", controls: [], probes } as const;
    const job = { sources: [source], facts: false, limit: 10, untilEof: true } as const;
    const without: NodeExec = (node) => [
      "setpriv",
      "--bounding-set=-net_raw",
      "--inh-caps=-net_raw",
      ...onThisMachine(node),
    ];
    const answer = await runProber({ node: "test", container: "test", numbers: [0], job }, without);
    expect(answer.results.get("0")).toMatchObject({ outcome: "probe-error", detail: expect.stringMatching(/NET_RAW/) });
  });
});

describe("held probes", () => {
  test("wait for a control, and say which one passed", async () => {
    const probes = [
      { ...icmp(), id: "control" },
      { ...tcp(81), id: "closed", held: true },
    ];
    const seen = await probeFrom({ name: lab.nameOf("client") }, probes, { controls: ["control"] });
    expect(seen[1]).toMatchObject({ outcome: "refused", control: "control" });
  });

  test("run without a control's name when no control passed", async () => {
    rule("client", "-A OUTPUT -p icmp -j DROP");
    const probes = [
      { ...icmp(), id: "control" },
      { ...tcp(81), id: "closed", held: true },
    ];
    const seen = await probeFrom({ name: lab.nameOf("client") }, probes, { controls: ["control"] });
    expect(seen[1]?.outcome).toBe("refused");
    expect(seen[1]).not.toHaveProperty("control");
  });
});

test.each([
  ["while it waits for the boot", { ready: { path: "/nonexistent/ready", timeout: 60 } }],
  ["while it probes", {}],
])("a prober that nobody listens to any more ends: %s", async (_, more) => {
  const probes = [{ id: "0", kind: "icmp", address: "10.77.2.2", timeout: 60 }];
  rule("right", "-A FORWARD -d 10.77.2.2 -j DROP");
  const sources = [{ id: "client", netns: { name: lab.nameOf("client") }, controls: [], probes }];
  const [command, ...args] = [AGENT, "probe"];
  const child = spawn(command!, args, { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.write(`${JSON.stringify({ sources, facts: false, limit: 90, untilEof: true, ...more })}\n`);
  setTimeout(() => child.stdin.end(), 500);
  const started = performance.now();
  expect(await once(child, "exit")).toEqual([1, null]);
  expect(performance.now() - started).toBeLessThan(5_000);
});

describe("boot", () => {
  test("the prober waits for a node's boot, and begins at once when it is finished", async () => {
    const folder = mkdtempSync(join(tmpdir(), "podlab-ready-"));
    undo.push(() => rmSync(folder, { recursive: true }));
    const ready = { path: join(folder, "ready"), timeout: 5 };
    setTimeout(() => writeFileSync(ready.path, ""), 300);
    const [seen] = await probeFrom({ name: lab.nameOf("client") }, [icmp()], { ready });
    expect(seen?.outcome).toBe("ok");
  });

  test("a boot that does not finish is a probe-error that says so", async () => {
    const ready = { path: "/nonexistent/ready", timeout: 0.3 };
    const [seen] = await probeFrom({ name: lab.nameOf("client") }, [icmp()], { ready });
    expect(seen).toMatchObject({
      outcome: "probe-error",
      detail: expect.stringMatching(/boot did not finish within 0.3 s/),
    });
  });
});
