/** Captures in all nodes that a packet may meet, side by side; then the packets are sent. */
import type { Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { locatorOf, type NetnsLocator } from "../verify/job.ts";
import { converse, type NodeExec } from "../verify/nodeProgram.ts";
import { troubleOf } from "../verify/prober.ts";
import { StartingLine } from "../verify/startingLine.ts";
import { hear, type NodeEvents, noEvents } from "./events.ts";
import type { Shot } from "./shot.ts";

export interface CaptureOptions {
  readonly nodeExec: NodeExec;
  readonly netnsLocator?: ((netns: Netns) => NetnsLocator) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whole frames are wanted, not only what their headers say. */
  readonly frames?: boolean;
  /** Seconds after the last shot in which packets are awaited that have not been answered; see PATIENCE. */
  readonly patience?: number;
  /** Seconds for every node to capture; then the packets are sent, whoever does not yet. */
  readonly ready?: number;
}

/** Seconds after the last shot in which its packets are awaited: a lab's round trip takes less than a thousandth of it. */
const PATIENCE = 0.3;
/** Seconds for a node to open its captures, and to tell; a node that needs longer is done without. */
const READY = 5;
const RUN = 10;
/** Seconds between two shots (capture/main.py). */
const APART = 0.01;

export function capture(
  plan: LabPlan,
  nodes: readonly string[],
  shots: readonly Shot[],
  {
    nodeExec,
    netnsLocator = locatorOf(plan),
    signal,
    frames = false,
    patience = PATIENCE,
    ready = READY,
  }: CaptureOptions,
): Promise<NodeEvents[]> {
  const limits = { ready, run: RUN };
  const line = new StartingLine(nodes, limits.ready * 1000);
  const finish = new StartingLine(nodes, (limits.ready + limits.run) * 1000);
  let sent = false;
  void line.opened.then(() => {
    sent = true;
  });
  const tunnelPorts = plan.netns.flatMap(({ interfaces }) => interfaces.flatMap(({ vxlan }) => vxlan?.port ?? []));
  const job = { shots, tunnelPorts: [...new Set(tunnelPorts)], window: shots.length * APART + patience, keeps: frames };
  return Promise.all(
    nodes.map(async (name) => {
      const { container, machine } = plan.nodes.find((one) => one.name === name)!;
      const namespaces = plan.netns
        .filter(({ node }) => node === name)
        .map((netns) => ({ id: netns.id, netns: netnsLocator(netns), bridges: netns.role !== "pod" }));
      const said = noEvents(name);
      let done = false;
      const { problem, code } = await converse({
        node: { name, container, machine },
        program: "capture",
        job: { ...job, namespaces },
        limits,
        exec: nodeExec,
        hear: (text) => {
          const heard = hear(said, text);
          said.late ??= heard === "ready" ? sent : undefined;
          done ||= heard === "done";
          return heard;
        },
        signal,
        line,
        finish,
      });
      if (!done) said.trouble = troubleOf(name, problem || `exit code ${code}`, "packet capture");
      return said;
    }),
  );
}
