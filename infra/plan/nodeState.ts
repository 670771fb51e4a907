/**
 * The desired state of one node, as its agent reads it (`podlab-node apply`, JSON on standard input): the kernel and engine
 * state that the plan decided, and nothing else. Things that have a name are objects keyed by it, so that
 * `pulumi preview --diff` shows a new pod or another next hop as just that.
 */

export interface NodeState {
  readonly version: 2;
  readonly lab: string;
  /** `router`, `internet`, `host01` */
  readonly node: string;
  /** The node's own network namespace. */
  readonly kernel: KernelState;
  /** Files that must have just this content, by absolute path: BIRD's configuration, a CNI list, the lab's record. */
  readonly files: Readonly<Record<string, FileContent>>;
  /** Servers of the node itself that say who they are and whom they see: identity by port (TCP and UDP). */
  readonly servers: Readonly<Record<string, string>>;
  /** Runs where the node speaks BGP; its configuration is /etc/bird/bird.conf in `files`. */
  readonly bird?: true;
  /** Hosts only. */
  readonly engine?: EngineState;
  /** By name (`web`); hosts only. */
  readonly pods: Readonly<Record<string, PodState>>;
}

/** Lines of a text file, without their newlines; or a value that is written as JSON. */
export type FileContent = { readonly lines: readonly string[] } | { readonly json: unknown };

/** All that decides what one network namespace does with a packet. What is not named here must not be there. */
export interface KernelState {
  /**
   * By the plan's name. An interface of kind `ethernet` or `veth` is provided by Docker or CNI, and its name in the kernel may
   * differ: it is found by its first address. The others are made under this very name. `lo` is not named: it is up.
   */
  readonly interfaces: Readonly<Record<string, InterfaceState>>;
  /**
   * Routes of the main table by destination (CIDR; `default`, `default6`), without the connected ones, which follow from the
   * addresses, and without those that BIRD learns (protocol bird). Other tables and rules of policy routing are empty.
   */
  readonly routes: Readonly<Record<string, RouteState>>;
  readonly iptables: Tables;
  readonly ip6tables: Tables;
  /**
   * By name, as sysctl(8) writes it, but with `/` between the parts: `net/ipv4/ip_forward`. A part that is `*` stands for each
   * directory there (`net/ipv4/conf/*\/rp_filter`). One that the kernel does not have counts as 0.
   */
  readonly sysctls: Readonly<Record<string, string>>;
}

export interface InterfaceState {
  readonly kind: "ethernet" | "bridge" | "veth" | "vxlan";
  /** With prefix length, in the plan's order; of scope global. */
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** Absent: the kernel's or Docker's choice. */
  readonly mac?: string;
  /** Of a bridge: every port sends back by the port that a frame came in by (bridge(8), `hairpin on`). Absent: off. */
  readonly hairpin?: true;
  readonly vxlan?: {
    readonly id: number;
    readonly port: number;
    readonly local: string;
    /** By the peer's inner address: one permanent neighbour and one FDB entry each. Nothing is learned, nothing flooded. */
    readonly peers: Readonly<Record<string, { readonly mac: string; readonly vtep: string }>>;
  };
}

export interface RouteState {
  readonly via?: string;
  /** The plan's name of the interface. */
  readonly dev?: string;
  readonly onlink?: true;
  readonly type?: "blackhole" | "unreachable" | "prohibit";
}

/**
 * By table, then by chain: its rules in order, as `iptables-save` prints them after `-A CHAIN `. An interface after `-i` or `-o` is
 * the plan's name. Tables and chains that are not named are empty with policy ACCEPT. Chains whose names begin with
 * `DOCKER_` and rules that jump there are Docker's name server's (127.0.0.11) and are left alone.
 */
export type Tables = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface EngineState {
  /** The Docker network that plugs pods into the bridge of its name; absent where CNI plugs them in. */
  readonly network?: EngineNetwork;
  /** Images that the engine must have, by their names there: how the machine's engine knows them. The pod image comes with the node image. */
  readonly images: Readonly<Record<string, string>>;
}

export interface EngineNetwork {
  /** The network's, and that of the bridge that it takes as it is. */
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly subnet6?: string;
  readonly gateway6?: string;
  readonly mtu: number;
}

export interface PodState {
  /** The pod's pause container, which holds its network namespace. */
  readonly pause: ContainerState;
  /** By the container's name inside the host (`web.app`); each joins the namespace of the pause container. */
  readonly containers: Readonly<Record<string, ContainerState>>;
  /** The pod's network namespace. */
  readonly kernel: KernelState;
  /** How it is plugged in. */
  readonly address: string;
  readonly address6?: string;
  /** Plugged in by the CNI plugins of /etc/cni/net.d instead of the engine's network. */
  readonly cni?: { readonly mac: string };
}

export interface ContainerState {
  /** Inside the host; of the pause container only (the others are keyed by it). */
  readonly name?: string;
  readonly image: string;
  /** In place of the image's ENTRYPOINT; empty: that. */
  readonly command: readonly string[];
  /** In place of the image's CMD; empty: that, unless there is a command. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
