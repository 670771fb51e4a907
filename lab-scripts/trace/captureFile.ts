/** All that was captured of a packet, as a file for Wireshark: an interface for every one of the lab, seen it or not. */

import type { Sighting } from "../diagnose/events.ts";
import type { Scene } from "../diagnose/scene.ts";
import { type CapturePoint, pcapng } from "./pcapng.ts";
import { didText } from "./text.ts";
import type { Leg, Trace } from "./trace.ts";

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
      const { direction, at, frame } = one;
      const bytes = Buffer.from(frame, "base64");
      return [{ point, at: BigInt(at), frame: bytes, direction, ...(comment ? { comment } : {}) }];
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
