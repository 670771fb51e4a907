/** A plan's namespaces made real without engines or units: what the plan says, said to `ip` and `iptables`. */
import type { FilterRule, Interface, Match, NatRule, Netns, Route } from "../../infra/model/netns.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import type { NetnsDoor } from "../../lab-scripts/verify/job.ts";
import { Namespaces } from "./namespaces.ts";

/** Where the segments' bridges live: a namespace of their own, as the machine is for a real lab. */
const MACHINE = "machine";

export class PlannedLab {
  readonly namespaces: Namespaces;
  readonly #plan: LabPlan;
  /** Bridge of each link: in which namespace, under which name. */
  readonly #bridges = new Map<string, { readonly where: string; readonly name: string }>();
  #ports = 0;

  constructor(plan: LabPlan, namespaces = new Namespaces()) {
    this.#plan = plan;
    this.namespaces = namespaces;
  }

  /** For verify: how a namespace of the plan is entered on this machine. */
  readonly netnsDoor = ({ id }: Netns): NetnsDoor => ({ name: this.namespaces.nameOf(short(id)) });

  async build(): Promise<void> {
    const { netns } = this.#plan;
    this.namespaces.add(MACHINE, ...netns.map(({ id }) => short(id)));
    for (const one of netns) {
      // Every drop on the way is to be told (as infra/components/node.ts has it), however many there are.
      this.in(one.id, `sysctl -qw net.ipv4.ip_forward=${one.forwarding ? 1 : 0} net.ipv4.icmp_ratemask=0`);
      for (const bridge of one.interfaces.filter(({ kind }) => kind === "bridge")) this.#bridge(one, bridge);
    }
    for (const one of netns) for (const port of one.interfaces.filter(isPort)) this.#port(one, port);
    for (const one of netns) this.#rules(one);
    await this.#listeners();
  }

  /** A command in a namespace of the plan. */
  in(id: string, command: string): string {
    return this.namespaces.in(short(id), command);
  }

  remove(): void {
    this.namespaces.remove();
  }

  #bridge({ id }: Netns, { name, addresses, mtu, link }: Interface): void {
    this.in(id, `ip link add ${name} mtu ${mtu} type bridge`);
    for (const address of addresses) this.in(id, `ip addr add ${address} dev ${name}`);
    this.in(id, `ip link set dev ${name} up`);
    this.#bridges.set(link, { where: short(id), name });
  }

  #port({ id }: Netns, { name, addresses, mtu, link }: Interface): void {
    const bridge = this.#bridges.get(link) ?? this.#segment(link);
    this.#ports += 1;
    const port = `port${this.#ports}`;
    const far = this.namespaces.nameOf(bridge.where);
    this.in(id, `ip link add ${name} mtu ${mtu} type veth peer name ${port} mtu ${mtu} netns ${far}`);
    for (const address of addresses) this.in(id, `ip addr add ${address} dev ${name}`);
    this.namespaces.ip(bridge.where, `link set dev ${port} master ${bridge.name} up`);
    this.in(id, `ip link set dev ${name} up`);
  }

  #segment(link: string) {
    const bridge = { where: MACHINE, name: `segment${this.#bridges.size}` };
    this.namespaces.ip(MACHINE, `link add ${bridge.name} type bridge`);
    this.namespaces.ip(MACHINE, `link set dev ${bridge.name} up`);
    this.#bridges.set(link, bridge);
    return bridge;
  }

  #rules({ id, routes, nat, filter }: Netns): void {
    for (const route of routes) this.in(id, `ip route add ${routeText(route)}`);
    for (const rule of nat)
      this.in(id, `iptables -t nat -A ${rule.chain}${matchText(rule.match)} -j ${natTarget(rule)}`);
    for (const rule of filter) this.in(id, `iptables -A ${filterText(rule)}`);
  }

  async #listeners(): Promise<void> {
    const all = this.#plan.netns.flatMap(({ id, listeners }) => listeners.map((listener) => ({ id, ...listener })));
    const tcp = all.filter(({ protocol }) => protocol === "tcp");
    for (const { id, port, identity } of tcp) this.namespaces.serve(short(id), port, identity ?? "");
    for (const { id, port } of tcp) await this.namespaces.listening(short(id), port);
  }
}

const short = (id: string) => id.replace("/", ".");

const isPort = ({ kind }: Interface) => kind === "ethernet" || kind === "veth";

function routeText({ type, destination, via, dev }: Route): string {
  return [type ?? "unicast", destination, via && `via ${via}`, dev && `dev ${dev}`].filter(Boolean).join(" ");
}

function matchText({ source, destination, notDestination, inInterface, outInterface, protocol, port }: Match): string {
  const words = [
    source && `-s ${source}`,
    destination && `-d ${destination}`,
    notDestination && `! -d ${notDestination}`,
    inInterface && `-i ${inInterface}`,
    outInterface && `-o ${outInterface}`,
    protocol && `-p ${protocol}`,
    port && `--dport ${port}`,
  ];
  return words.flatMap((word) => (word ? [` ${word}`] : [])).join("");
}

function natTarget({ action }: NatRule): string {
  if (action.kind === "accept") return "ACCEPT";
  if (action.kind === "masquerade") return "MASQUERADE";
  if (action.kind === "snat") return `SNAT --to-source ${action.to}`;
  const [endpoint, ...others] = action.to;
  if (!endpoint || others.length > 0) throw new Error("several endpoints of one DNAT rule are not built here");
  return `DNAT --to-destination ${endpoint.address}:${endpoint.port}`;
}

function filterText({ chain, match, action, established }: FilterRule): string {
  const known = established ? " -m conntrack --ctstate ESTABLISHED,RELATED" : "";
  return `${chain}${matchText(match)}${known} -j ${action.toUpperCase()}`;
}
