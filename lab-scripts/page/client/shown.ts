/** What the parts of the page are given. */
import type { Filter, Lab } from "./lab.ts";
import type { Selected } from "./selected.ts";
import type { WireState } from "./wires.ts";

export interface Shown {
  readonly lab: Lab;
  readonly states: ReadonlyMap<string, WireState>;
  readonly filter: Filter;
  readonly choose: (selected: Selected) => void;
}
