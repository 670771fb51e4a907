/** The agent of a node, as it runs in namespaces of this machine. */
import type { NodeExec } from "../../lab-scripts/verify/nodeProgram.ts";

const FOLDER = new URL("../../lab-scripts/node/agent/", import.meta.url).pathname;

/** The command `podlab-node`. */
export const AGENT = `${FOLDER}podlab-node`;

/** For verify: runs a node's commands on this machine. */
export const onThisMachine: NodeExec = () => ["env", `PATH=${FOLDER}:${process.env.PATH}`];
