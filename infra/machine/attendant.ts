/**
 * `npm start` attends to the Pulumi that it runs (lab-scripts/lab/attendant.ts): what the program would have to find out, it
 * may have found out already. It is asked over a socket, by one line of JSON; it answers in lines of JSON.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { type Ask, askNode } from "./observe.ts";

/** The environment variable with the socket's path. Without it nobody attends. */
export const ATTENDANT = "PODLAB_ATTENDANT";

/** Nodes that the attendant has asked are not asked once more. */
export function askUnlessSaid(): Ask {
  const said = saidAlready().catch((): Readonly<Record<string, string>> => ({}));
  return async (container) => (await said)[container] ?? askNode(container);
}

/** By the container's id. */
async function saidAlready(): Promise<Readonly<Record<string, string>>> {
  const path = process.env[ATTENDANT];
  if (path === undefined) return {};
  const socket = connect(path).setEncoding("utf8");
  socket.write(`${JSON.stringify({ ask: "nodes" })}\n`);
  let text = "";
  socket.on("data", (piece: string) => {
    text += piece;
  });
  await once(socket, "end");
  return JSON.parse(text) as Record<string, string>;
}
