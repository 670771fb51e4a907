/** What the parts of the page are given. */
import { given } from "../../given.ts";
import type { Filter, Lab } from "./lab.ts";
import type { WireStates } from "./wires.ts";

export interface Shown {
  readonly lab: Lab;
  readonly states: WireStates;
  readonly filter: Filter;
  readonly choose: Choose;
}

export type Choose = (selected: Selected) => void;

/** What the details are of: two ends, a box of the drawing, or a link. Kept in the page's address, so that it can be linked to. */
export type Selected =
  | { readonly from: string; readonly to: string }
  | { readonly id: string }
  | { readonly link: string; readonly end?: string };

export function toHash(selected: Selected): string {
  return `#${new URLSearchParams(Object.entries(selected))}`;
}

export function fromHash(hash: string): Selected | undefined {
  const { from, to, id, link, end } = Object.fromEntries(new URLSearchParams(hash.slice(1)));
  if (from !== undefined && to !== undefined) return { from, to };
  if (id !== undefined) return { id };
  return link === undefined ? undefined : { link, ...given({ end }) };
}
