/** The capture file, read back block by block; tshark reads a real one in test/lab/walk.test.ts. */
import { expect, test } from "vitest";
import { pcapng } from "../../../lab-scripts/trace/pcapng.ts";

interface Block {
  readonly type: number;
  readonly body: Buffer;
}

function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    expect(length % 4).toBe(0);
    expect(file.readUInt32LE(at + length - 4)).toBe(length);
    blocks.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

function optionsOf(body: Buffer, from: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = from; ; ) {
    const [code, length] = [body.readUInt16LE(at), body.readUInt16LE(at + 2)];
    if (code === 0) return found;
    found.set(code, body.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
}

const points = [
  { name: "host01/web:eth0", description: "host01/web eth0 192.168.20.2/24" },
  { name: "router:eth1", description: "router eth1 → host01-net" },
];
const frame = (length: number) => Buffer.alloc(length, 0xab);
const NOW = 1_795_417_476_849_420_274n;

test("a section, an interface block for each point, packets in the order of time", () => {
  const file = pcapng(points, [
    { point: 1, at: NOW + 5n, frame: frame(61), direction: "in", comment: "step 2" },
    { point: 0, at: NOW, frame: frame(60), direction: "out" },
  ]);
  const blocks = blocksOf(Buffer.from(file));
  expect(blocks.map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 1, 6, 6]);
  expect(blocks[0]!.body.readUInt32LE(0)).toBe(0x1a2b3c4d);
  for (const [at, { name, description }] of points.entries()) {
    const { body } = blocks[at + 1]!;
    const options = optionsOf(body, 8);
    expect(body.readUInt16LE(0)).toBe(1); // Ethernet
    expect(options.get(2)?.toString()).toBe(name);
    expect(options.get(3)?.toString()).toBe(description);
    expect(options.get(9)).toEqual(Buffer.of(9)); // nanoseconds
  }
  const packets = blocks.slice(3).map(({ body }) => {
    const captured = body.readUInt32LE(12);
    const options = optionsOf(body, 20 + Math.ceil(captured / 4) * 4);
    return {
      point: body.readUInt32LE(0),
      at: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
      length: captured,
      direction: options.get(2)?.readUInt32LE(0),
      comment: options.get(1)?.toString(),
    };
  });
  expect(packets).toEqual([
    { point: 0, at: NOW, length: 60, direction: 2, comment: undefined },
    { point: 1, at: NOW + 5n, length: 61, direction: 1, comment: "step 2" },
  ]);
});

test("nothing seen is a file, too", () => {
  expect(blocksOf(Buffer.from(pcapng(points, []))).map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 1]);
});
