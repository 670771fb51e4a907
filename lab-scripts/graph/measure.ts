/** What stands where inside a box, and how large that makes it. Pixels, from the box's upper left corner. */
import type { Box, Bridge, Pod, Port } from "./topology.ts";

export const FONT = { title: 15, name: 12, address: 11.5, small: 10.5 } as const;
/** Between a box's border and what it holds. */
export const PAD = 14;
export const LINE = 17;
/** The line with the box's name. */
export const HEADER = 36;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PortRow extends Port {
  /** Where the name begins, and where the addresses do: rows of a side stand in columns. */
  readonly x: number;
  readonly addressX: number;
  /** Middle of the row's first line. */
  readonly y: number;
  readonly side: "left" | "right" | "top";
}

export interface PodCard extends Area {
  readonly pod: Pod;
  /** Its row among the pods of its bridge, from 0. */
  readonly row: number;
}

export interface BridgeBar extends Area {
  readonly bridge: Bridge;
}

export interface Measured {
  readonly box: Box;
  readonly width: number;
  readonly height: number;
  readonly rows: readonly PortRow[];
  readonly bars: readonly BridgeBar[];
  readonly cards: readonly PodCard[];
  /** Lines of a routing table, and where the first stands. */
  readonly routes: { readonly y: number; readonly lines: readonly string[] };
}

/**
 * Returns how wide text is, without a font at hand: a guess on the safe side for fonts that a browser may choose, by the advance of a
 * glyph as a share of the font's size.
 */
export function monoWidth(text: string, size: number): number {
  return text.length * size * 0.61;
}

/** Returns it for a proportional font, by an average glyph, bold ones included. */
export function sansWidth(text: string, size: number): number {
  return text.length * size * 0.62;
}

/** Names and addresses of a side's rows, each below the other. @param width the box's */
export function inColumns(rows: readonly PortRow[], width: number): PortRow[] {
  return rows.map((row): PortRow => {
    const own = rows.filter(({ side }) => side === row.side);
    const names = Math.max(...own.map(({ name }) => sansWidth(name, FONT.name))) + 10;
    const addresses = Math.max(...own.flatMap((one) => one.addresses.map((text) => monoWidth(text, FONT.address))), 0);
    const x = row.side === "left" ? PAD : width - PAD - names - addresses;
    return { ...row, x, addressX: x + names };
  });
}

/** `eth0 10.240.1.2/24` */
export function rowWidth({ name, addresses }: Port): number {
  return sansWidth(name, FONT.name) + 10 + Math.max(0, ...addresses.map((one) => monoWidth(one, FONT.address))) + 8;
}
