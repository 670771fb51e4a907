/** How the capture reads packets: IPv4, IPv6, ICMP errors, VXLAN, and what belongs to no shot. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const AGENT = new URL("../../../lab-scripts/node/agent", import.meta.url).pathname;

const MARK = "podlab 1234abcd 000";
const SHOTS = [
  { shot: 0, protocol: "icmp", mark: MARK, isn: 1, sourcePort: 20_000 },
  { shot: 1, protocol: "tcp", mark: "podlab 1234abcd 001", isn: 0xffff_fff0, sourcePort: 20_001 },
  { shot: 2, protocol: "udp", mark: "podlab 1234abcd 002", isn: 2, sourcePort: 20_002 },
];

const bytes = (...parts: readonly (readonly number[] | Buffer)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const u16 = (value: number) => [value >> 8, value & 255];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const address = (text: string) => text.split(".").map(Number);
const six = (last: number) => [0xfd, ...new Array<number>(14).fill(0), last];

function v4(protocol: number, payload: Buffer, { ttl = 64, fragment = 0 } = {}): Buffer {
  const head = [0x45, 0, ...u16(20 + payload.length), 0, 0, ...u16(fragment), ttl, protocol, 0, 0];
  return bytes(head, address("192.168.20.2"), address("192.168.30.2"), payload);
}

function v6(following: number, payload: Buffer, hops = 63): Buffer {
  return bytes([0x60, 0, 0, 0, ...u16(payload.length), following, hops], six(2), six(3), payload);
}

const icmp = (type: number, code: number, rest: readonly number[], data: Buffer) =>
  bytes([type, code, 0, 0], rest, data);
const echo = (type: number) => icmp(type, 0, [0, 1, 0, 1], Buffer.from(MARK));
const tcp = (sequence: number, acknowledged: number, flags: number) =>
  bytes(u16(20_001), u16(80), u32(sequence), u32(acknowledged), [0x50, flags, 0, 0, 0, 0, 0, 0]);
const udp = (from: number, to: number, data: string | Buffer) =>
  bytes(u16(from), u16(to), u16(8 + data.length), [0, 0], Buffer.from(data));

const PROGRAM = `
import json, sys
sys.path.insert(0, ${JSON.stringify(AGENT)})
from podlab_node.capture.packet import Shots
job = json.load(sys.stdin)
shots = Shots(job["shots"], [4789])
print(json.dumps([shots.read(bytes.fromhex(one)) for one in job["packets"]]))
`;

function read(...packets: readonly Buffer[]): unknown[] {
  const input = JSON.stringify({ shots: SHOTS, packets: packets.map((one) => one.toString("hex")) });
  return JSON.parse(execFileSync("python3", ["-B", "-c", PROGRAM], { input, encoding: "utf8" }));
}

const ENDS = { source: "192.168.20.2", destination: "192.168.30.2" };
const ENDS_V6 = { source: "fd00::2", destination: "fd00::3" };

test("questions and answers of every protocol, by what no router and no NAT changes", () => {
  const [request, reply, syn, answer, refusal, datagram, said] = read(
    v4(1, echo(8)),
    v4(1, echo(0), { ttl: 61 }),
    v4(6, tcp(0xffff_fff0, 0, 0x02)),
    v4(6, tcp(5_000_000, 0xffff_fff1, 0x12)),
    v4(6, tcp(9_000_000, 0xffff_fff1, 0x14)),
    v4(17, udp(20_002, 80, "podlab 1234abcd 002")),
    v4(17, udp(80, 20_002, "hello")),
  );
  expect(request).toEqual({
    ...ENDS,
    protocol: "icmp",
    ttl: 64,
    size: 47,
    message: "echo-request",
    shot: 0,
    role: "question",
  });
  expect(reply).toMatchObject({ message: "echo-reply", shot: 0, role: "answer", ttl: 61 });
  expect(syn).toMatchObject({ message: "syn", shot: 1, role: "question", sourcePort: 20_001, destinationPort: 80 });
  expect(answer).toMatchObject({ message: "syn-ack", shot: 1, role: "answer" });
  expect(refusal).toMatchObject({ message: "rst", shot: 1, role: "answer" });
  expect(datagram).toMatchObject({ message: "datagram", shot: 2, role: "question" });
  expect(said).toMatchObject({ message: "datagram", shot: 2, role: "answer" });
});

test("a connection's sequence numbers go round at 2^32", () => {
  expect(read(v4(6, tcp(20, 1, 0x18)))).toMatchObject([{ shot: 1, role: "question", message: "data" }]);
});

test("IPv6: hop limit, whole length, options and the first fragment", () => {
  const options = bytes([58, 0, 5, 2, 0, 0, 1, 0]);
  const fragment = (offset: number) => bytes([58, 0], u16(offset), [0, 0, 0, 9], echo(128));
  const [request, reply, optional, first, later] = read(
    v6(58, echo(128)),
    v6(58, echo(129)),
    v6(0, bytes(options, echo(128))),
    v6(44, fragment(1)),
    v6(44, fragment(0x100)),
  );
  expect(request).toEqual({
    ...ENDS_V6,
    protocol: "icmp",
    ttl: 63,
    size: 67,
    message: "echo-request",
    shot: 0,
    role: "question",
  });
  expect(reply).toMatchObject({ message: "echo-reply", role: "answer" });
  expect(optional).toMatchObject({ message: "echo-request", shot: 0 });
  expect(first).toMatchObject({ message: "echo-request", shot: 0 });
  expect(later).toBeNull();
});

test("ICMP errors: which packet they are about, what they mean, and the MTU that they name", () => {
  const question = v4(1, echo(8));
  const errors = read(
    v4(1, icmp(3, 0, [0, 0, 0, 0], question)),
    v4(1, icmp(3, 3, [0, 0, 0, 0], v4(17, udp(20_002, 81, "")))),
    v4(1, icmp(3, 4, [0, 0, ...u16(1450)], question)),
    v4(1, icmp(11, 0, [0, 0, 0, 0], v4(6, tcp(0xffff_fff0, 0, 0x02)))),
    v6(58, icmp(2, 0, u32(1280), v6(58, echo(128)))),
    v6(58, icmp(1, 1, [0, 0, 0, 0], v6(58, echo(128)))),
    v6(58, icmp(3, 0, [0, 0, 0, 0], v6(58, echo(128)))),
  ) as { error: object; shot: number; role: string }[];
  expect(errors.map(({ shot, role }) => `${role} ${shot}`)).toEqual(
    [0, 2, 0, 1, 0, 0, 0].map((shot) => `error ${shot}`),
  );
  const quotes = "question";
  expect(errors.map(({ error }) => error)).toEqual([
    { type: 3, code: 0, means: "no-route", quotes },
    { type: 3, code: 3, means: "refused", quotes },
    { type: 3, code: 4, means: "fragmentation-needed", mtu: 1450, quotes },
    { type: 11, code: 0, means: "ttl-exceeded", quotes },
    { type: 2, code: 0, means: "fragmentation-needed", mtu: 1280, quotes },
    { type: 1, code: 1, means: "prohibited", quotes },
    { type: 3, code: 0, means: "ttl-exceeded", quotes },
  ]);
});

test("a tunnel's packet: its own header, and the one inside", () => {
  const wrapped = (inner: Buffer) => bytes([8, 0, 0, 0, 0, 0, 7, 0], new Array<number>(14).fill(0), inner);
  const [outer, v6Inside] = read(
    v4(17, udp(50_000, 4789, wrapped(v4(1, echo(8), { ttl: 63 })))),
    v4(17, udp(50_000, 4789, wrapped(v6(58, echo(128), 62)))),
  );
  expect(outer).toMatchObject({
    protocol: "udp",
    destinationPort: 4789,
    ttl: 64,
    shot: 0,
    role: "question",
    inside: { ...ENDS, vxlan: 7, ttl: 63, protocol: "icmp", message: "echo-request" },
  });
  expect(v6Inside).toMatchObject({ inside: { ...ENDS_V6, vxlan: 7, ttl: 62 } });
});

test("what belongs to nobody is left out: other packets, neighbour discovery, later and cut ones", () => {
  const others = [
    v4(1, icmp(8, 0, [0, 1, 0, 1], Buffer.from("ping"))),
    v4(6, tcp(5_000_000, 0, 0x02)),
    v4(17, udp(53, 53, "query")),
    v4(1, echo(8), { fragment: 185 }),
    v4(47, echo(8)),
    v6(58, icmp(135, 0, [0, 0, 0, 0], bytes(six(3)))),
    v4(1, icmp(3, 1, [0, 0, 0, 0], Buffer.alloc(4))),
    v6(58, Buffer.alloc(0)),
    Buffer.from([0x45, 0, 0]),
    Buffer.alloc(0),
  ];
  expect(read(...others)).toEqual(others.map(() => null));
});
