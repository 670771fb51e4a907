/**
 * pcapng (draft-ietf-opsawg-pcapng), as much of it as a capture at several points needs: a section, an interface block for
 * each point, a packet block for each frame.
 */

import type { Sighting } from "../diagnose/events.ts";
import type { Scene } from "../diagnose/scene.ts";
import { given } from "../given.ts";
import { didText } from "./text.ts";
import type { Leg, Trace } from "./trace.ts";

export interface CapturePoint {
  readonly name: string;
  readonly description: string;
}

export interface CapturedFrame {
  /** Index of its capture point. */
  readonly point: number;
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly frame: Uint8Array;
  readonly direction: "in" | "out" | "other-host";
  readonly comment?: string;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
const OPTION = { end: 0, comment: 1, name: 2, description: 3, resolution: 9, flags: 2, application: 4 } as const;
const NANOSECONDS = 9;
/** Direction is in the lowest two bits, how it was received in the next three: 4 is "promiscuous". */
const FLAGS = { in: 1, out: 2, "other-host": 1 | (4 << 2) } as const;

/** A whole file. Frames are written in the order of time. */
export function pcapng(points: readonly CapturePoint[], frames: readonly CapturedFrame[]): Uint8Array {
  const inOrder = frames.toSorted((a, b) => Number(a.at - b.at));
  return Buffer.concat([section(), ...points.map(interfaceBlock), ...inOrder.map(packetBlock)]);
}

function section(): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(BYTE_ORDER, 0);
  head.writeUInt16LE(1, 4); // version 1.0
  head.writeBigInt64LE(-1n, 8); // its length is not told
  return block(SECTION, head, options([OPTION.application, text("podlab walk")]));
}

function interfaceBlock({ name, description }: CapturePoint): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(LINKTYPE_ETHERNET, 0);
  const told = options(
    [OPTION.name, text(name)],
    [OPTION.description, text(description)],
    [OPTION.resolution, Buffer.of(NANOSECONDS)],
  );
  return block(INTERFACE, head, told);
}

function packetBlock({ point, at, frame, direction, comment }: CapturedFrame): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(point, 0);
  head.writeUInt32LE(Number(at >> 32n), 4);
  head.writeUInt32LE(Number(at & 0xffffffffn), 8);
  head.writeUInt32LE(frame.length, 12);
  head.writeUInt32LE(frame.length, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(FLAGS[direction]);
  const said: Option[] = comment === undefined ? [] : [[OPTION.comment, text(comment)]];
  return block(PACKET, head, padded(frame), options(...said, [OPTION.flags, flags]));
}

type Option = readonly [code: number, value: Uint8Array];

function options(...list: readonly Option[]): Buffer {
  return Buffer.concat(
    [...list, [OPTION.end, Buffer.alloc(0)] as const].flatMap(([code, value]) => {
      const head = Buffer.alloc(4);
      head.writeUInt16LE(code, 0);
      head.writeUInt16LE(value.length, 2);
      return [head, padded(value)];
    }),
  );
}

/** Its length stands at both ends, so that a file can be read backwards. */
function block(type: number, ...body: readonly Uint8Array[]): Buffer {
  const length = 12 + body.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...body, tail]);
}

/** To a multiple of four bytes. */
function padded(value: Uint8Array): Uint8Array {
  const more = -value.length & 3;
  return more === 0 ? value : Buffer.concat([value, Buffer.alloc(more)]);
}

const text = (value: string) => Buffer.from(value, "utf8");

export function captureFile(scene: Scene, trace: Trace): Uint8Array {
  const numbers = new Map<string, number>();
  const points: CapturePoint[] = [];
  for (const { netns, links } of scene.events.flatMap(({ kernels }) => kernels)) {
    for (const { ifname, master, addr_info } of links) {
      numbers.set(`${netns} ${ifname}`, points.length);
      const planned = scene.planName(netns, ifname);
      const addresses = addr_info.flatMap(({ local, prefixlen }) => (local ? [`${local}/${prefixlen}`] : []));
      const known = planned === ifname ? [] : [planned];
      const described = [...known, ...(master ? [`port of ${master}`] : []), ...addresses];
      points.push({ name: `${netns}:${ifname}`, description: [netns, ifname, ...described].join(" ") });
    }
  }
  const places = new Map([...comments("", trace.question), ...comments(`${trace.answer.kind} `, trace.answer)]);
  const seen = scene.events.flatMap((one) => one.seen);
  return pcapng(
    points,
    seen.flatMap((one) => {
      const point = numbers.get(`${one.netns} ${one.dev}`);
      if (point === undefined || one.frame === undefined) return []; // the interface is gone
      const comment = places.get(keyOf({ ...one, interface: scene.planName(one.netns, one.dev) }));
      const frame = Buffer.from(one.frame, "base64");
      return [{ point, at: BigInt(one.at), frame, direction: one.direction, ...given({ comment }) }];
    }),
  );
}

/** The steps' own words, beside the frames that they tell of. */
function comments(what: string, { steps }: Leg): [string, string][] {
  return steps.flatMap((step, number) => {
    if (step.at === undefined) return [];
    const place = `${what}step ${number + 1}: ${step.netns} ${step.interface} ${step.direction}`;
    const did = didText(step);
    return [[keyOf({ ...step, at: step.at }), did === "" ? place : `${place}; ${did}`]];
  });
}

function keyOf({
  netns,
  interface: dev,
  direction,
  at,
}: Pick<Sighting, "netns" | "at" | "direction"> & { interface: string }) {
  return `${netns} ${dev} ${direction} ${at}`;
}
