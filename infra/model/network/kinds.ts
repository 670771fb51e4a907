/** The kinds of pod network that a lab can have, by the name that a spec gives them. */
import { docker0 } from "./docker0.ts";
import type { NetworkKind } from "./kind.ts";
import { overlay } from "./overlay.ts";
import { routed } from "./routed.ts";

export const KINDS = { docker0, overlay, routed } as const satisfies Record<string, NetworkKind>;

export type NetworkName = keyof typeof KINDS;

export const NETWORK_NAMES = Object.keys(KINDS) as NetworkName[];
