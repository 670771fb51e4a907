/**
 * `npm start` attends to the Pulumi that it runs (lab-scripts/lab/attend/attendant.ts): what the program would have to find
 * out, it may have found out already. It is asked over a socket, by one line of JSON; it answers in lines of JSON.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { type Ask, askNode } from "./observe.ts";

/** The environment variable with the socket's path. Without it nobody attends. */
export const ATTENDANT = "PODLAB_ATTENDANT";

/** What the attendant may be asked, by the program or by the Verification resource (lab-scripts/door/verify.mjs). */
export type Asked =
  | { readonly ask: "nodes" }
  | ({ readonly ask: "apply" } & ToApply)
  | ({ readonly ask: "prove ahead" | "verify" } & ToProve);

/** Longer than any wait while a new node's units are applied (lab-scripts/host/units.py, engine.sh), and for a segment. */
export const UNITS_WITHIN_MS = 300_000;

/** Units of a node that was just made. */
export interface ToApply {
  /** Its container's name, and its id. */
  readonly container: string;
  readonly id: string;
  /** As lab-scripts/host/units.py takes them. */
  readonly job: readonly object[];
}

export interface ToProve {
  /** planDigest (components/scripts.ts). */
  readonly plan: string;
  /** Of each node's own units, and of each pod's: `host01:1,1,2 host01/web:1 …`. */
  readonly generations: string;
  /** When a node was last started, woken or plugged in again by Pulumi; empty when none ever was. */
  readonly mended: string;
}

/** Nodes that the attendant has asked are not asked once more. */
export function askUnlessSaid(): Ask {
  const said = saidAlready().catch((): Readonly<Record<string, string>> => ({}));
  return async (container) => (await said)[container] ?? askNode(container);
}

/**
 * Whoever proves the lab afterwards has the units of a new node applied by what waits there for that.
 * @param plugged the second line that units.py waits for
 * @returns the names of those that were applied, a line each; undefined where nobody attends
 */
export function applyAttended(what: ToApply, plugged: Promise<string>): Promise<string | undefined> {
  return attended({ ask: "apply", ...what }, plugged).catch(() => undefined);
}

/**
 * The lab is there, before Pulumi has found that out resource by resource: the proof can be made meanwhile. Whether it stands is
 * for the verification to say, which is asked for at the end all the same.
 */
export async function proveAhead(what: ToProve): Promise<void> {
  await attended({ ask: "prove ahead", ...what }).catch(() => undefined);
}

/** By the container's id. */
async function saidAlready(): Promise<Readonly<Record<string, string>>> {
  const text = await attended({ ask: "nodes" });
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
}

/** The attendant's answer; undefined where nobody attends. @param more a second line, once it is known */
async function attended(what: Asked, more?: Promise<string>): Promise<string | undefined> {
  const path = process.env[ATTENDANT];
  if (path === undefined) return undefined;
  const socket = connect(path).setEncoding("utf8");
  socket.write(`${JSON.stringify(what)}\n`);
  void more?.then((line) => socket.write(line));
  let text = "";
  socket.on("data", (piece: string) => {
    text += piece;
  });
  await once(socket, "end");
  return text;
}
