/** The kinds of pod network that a lab can have. */

import type { NetworkName } from "../../spec/networks.ts";
import { bgp } from "./bgp.ts";
import { cni } from "./cni.ts";
import { docker0 } from "./docker0.ts";
import type { NetworkKind } from "./kind.ts";
import { overlay } from "./overlay.ts";
import { routed } from "./routed.ts";

export const KINDS: Readonly<Record<NetworkName, NetworkKind>> = { bgp, cni, docker0, overlay, routed };
