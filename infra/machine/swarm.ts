/**
 * Whether a lab's machines are joined as a Docker Swarm, whose overlay networks join a host to the router on another machine
 * (https://docs.docker.com/engine/swarm/swarm-tutorial/). podlab joins nothing: that is the user's to decide.
 */
import type { MachinePlan } from "../plan/plan.ts";
import { besidesFirst, type MachineSpec } from "../spec/machines.ts";
import { UserError } from "../spec/problem.ts";
import { onMachine } from "./machines.ts";

/** Of what an engine says of itself (https://docs.docker.com/reference/api/engine/, System). */
export interface SwarmInfo {
  readonly Swarm?: { readonly NodeID?: string; readonly LocalNodeState?: string; readonly ControlAvailable?: boolean };
  readonly LiveRestoreEnabled?: boolean;
  /** Since Docker 29. */
  readonly FirewallBackend?: { readonly Driver?: string };
}

/** Of a node as a manager sees it (Node). */
interface SwarmNode {
  readonly ID: string;
  readonly Status: { readonly State: string; readonly Message?: string };
}

export interface Joined {
  readonly name: string;
  /** Undefined for the first machine. */
  readonly machine: MachinePlan | undefined;
  readonly info: SwarmInfo;
}

/**
 * @param machines as the spec lists them
 * @throws UserError with all that keeps a lab from being spread over them; DockerError naming a machine that can't be asked
 */
export async function refuseUnjoined(machines: readonly MachineSpec[] = []): Promise<void> {
  if (machines.length < 2) return;
  const joined = await Promise.all(
    machines.map(async (one): Promise<Joined> => {
      const machine = besidesFirst(one);
      return { name: one.name, machine, info: await onMachine(machine, (docker) => docker.get<SwarmInfo>("/info")) };
    }),
  );
  const manages = joined[0]!.info.Swarm?.ControlAvailable;
  const nodes = manages ? await onMachine(undefined, (docker) => docker.get<SwarmNode[]>("/nodes")) : [];
  const wrong = unjoined(joined, nodes);
  if (wrong.length > 0)
    throw new UserError(`the lab's machines are not joined as a Docker Swarm:\n  ${wrong.join("\n  ")}`);
}

/** Pure. @param nodes as the first machine has them, if it manages the Swarm */
export function unjoined([first, ...others]: readonly Joined[], nodes: readonly SwarmNode[]): string[] {
  if (first === undefined) return [];
  if (!isActive(first)) return [`${first.name} is in no Swarm; ${lifted(first)}docker swarm init`];
  if (!first.info.Swarm?.ControlAvailable) {
    return [
      `${first.name} does not manage its Swarm, as the first machine must; choose a manager, or docker node promote it`,
    ];
  }
  return others.flatMap((one) => {
    if (!isActive(one)) {
      const join = `docker swarm join-token worker, on ${first.name}, prints the command for it`;
      return [`${one.name} is in no Swarm; ${lifted(one)}${join}`];
    }
    // Not by the engines' own ids: those of a machine that was copied are the same.
    const twin = [first, ...others].find(({ info }) => info.Swarm?.NodeID === one.info.Swarm?.NodeID)!;
    if (twin !== one) return [`${one.name} is the same Docker engine as ${twin.name}; remove one of the two`];
    const node = nodes.find(({ ID }) => ID === one.info.Swarm?.NodeID);
    if (!node)
      return [`${one.name} is in another Swarm than ${first.name}; docker swarm leave it there, and join this one`];
    const { State, Message } = node.Status;
    if (State === "ready") return [];
    const ports = "open ports 2377/tcp, 7946/tcp and 7946/udp between the machines";
    return [
      `${one.name} is ${State} in the Swarm${Message ? ` (${Message})` : ""}; ${ports}, and see docker node ls on ${first.name}`,
    ];
  });
}

const isActive = ({ info }: Joined): boolean => info.Swarm?.LocalNodeState === "active";

/** What Swarm refuses an engine for. */
function lifted({ info, machine }: Joined): string {
  const where = machine ? " there" : "";
  const said = [
    ...(info.LiveRestoreEnabled ? [`turn live-restore off${where}, `] : []),
    ...(info.FirewallBackend?.Driver === "nftables"
      ? [`start dockerd${where} with --firewall-backend=iptables, `]
      : []),
  ];
  return said.join("");
}
