/**
 * The desired state of one node, as its agent reads it (`podlab-node apply`, JSON on standard input): the kernel and engine
 * state that the plan decided, and nothing else. Things that have a name are objects keyed by it, so that
 * `pulumi preview --diff` shows a new pod or another next hop as just that.
 */
import { z } from "zod";

const text = z.string();
const texts = z.array(text).readonly();
const byName = <T extends z.ZodType>(value: T) => z.record(text, value).readonly();

/** Lines of a text file, without their newlines; or a value that is written as JSON. */
const fileContent = z.union([
  z.strictObject({ lines: texts }).readonly(),
  z.strictObject({ json: z.unknown() }).readonly(),
]);

/**
 * By table, then by chain: its rules in order, as `iptables-save` prints them after `-A CHAIN `. An interface after `-i` or `-o` is
 * the plan's name. Tables and chains that are not named are empty with policy ACCEPT. Chains whose names begin with
 * `DOCKER_` and rules that jump there are Docker's name server's (127.0.0.11) and are left alone.
 */
const tables = byName(byName(texts));

const interfaceState = z
  .strictObject({
    kind: z.enum(["ethernet", "bridge", "veth", "vxlan"]),
    /** With prefix length, in the plan's order; of scope global. */
    addresses: texts,
    mtu: z.int(),
    /** Absent: the kernel's or Docker's choice. */
    mac: text.exactOptional(),
    /** Of a bridge: every port sends back by the port that a frame came in by (bridge(8), `hairpin on`). Absent: off. */
    hairpin: z.literal(true).exactOptional(),
    vxlan: z
      .strictObject({
        id: z.int(),
        port: z.int(),
        local: text,
        /** By the peer's inner address: one permanent neighbour and one FDB entry each. Nothing is learned, nothing flooded. */
        peers: byName(z.strictObject({ mac: text, vtep: text }).readonly()),
      })
      .readonly()
      .exactOptional(),
  })
  .readonly();

const routeState = z
  .strictObject({
    via: text.exactOptional(),
    /** The plan's name of the interface. */
    dev: text.exactOptional(),
    onlink: z.literal(true).exactOptional(),
    type: z.enum(["blackhole", "unreachable", "prohibit"]).exactOptional(),
  })
  .readonly();

/** All that decides what one network namespace does with a packet. What is not named here must not be there. */
const kernelState = z
  .strictObject({
    /**
     * By the plan's name. An interface of kind `ethernet` or `veth` is provided by Docker or CNI, and its name in the kernel may
     * differ: it is found by its first address. The others are made under this very name. `lo` is not named: it is up.
     */
    interfaces: byName(interfaceState),
    /**
     * Routes of the main table by destination (CIDR; `default`, `default6`), without the connected ones, which follow from the
     * addresses, and without those that BIRD learns (protocol bird). Other tables and rules of policy routing are empty.
     */
    routes: byName(routeState),
    iptables: tables,
    ip6tables: tables,
    /**
     * By name, as sysctl(8) writes it, but with `/` between the parts: `net/ipv4/ip_forward`. A part that is `*` stands for each
     * directory there (`net/ipv4/conf/*\/rp_filter`). One that the kernel does not have counts as 0.
     */
    sysctls: byName(text),
  })
  .readonly();

const engineNetwork = z
  .strictObject({
    /** The network's, and that of the bridge that it takes as it is. */
    name: text,
    subnet: text,
    gateway: text,
    subnet6: text.exactOptional(),
    gateway6: text.exactOptional(),
    mtu: z.int(),
  })
  .readonly();

const containerState = z
  .strictObject({
    /** Inside the host; of the pause container only (the others are keyed by it). */
    name: text.exactOptional(),
    image: text,
    /** In place of the image's ENTRYPOINT; empty: that. */
    command: texts,
    /** In place of the image's CMD; empty: that, unless there is a command. */
    args: texts,
    env: byName(text),
  })
  .readonly();

const podState = z
  .strictObject({
    /** The pod's pause container, which holds its network namespace. */
    pause: containerState,
    /** By the container's name inside the host (`web.app`); each joins the namespace of the pause container. */
    containers: byName(containerState),
    /** The pod's network namespace. */
    kernel: kernelState,
    /** How it is plugged in. */
    address: text,
    address6: text.exactOptional(),
    /** Plugged in by the CNI plugins of /etc/cni/net.d instead of the engine's network. */
    cni: z.strictObject({ mac: text }).readonly().exactOptional(),
  })
  .readonly();

export const nodeStateSchema = z
  .strictObject({
    version: z.literal(2),
    lab: text,
    /** `router`, `internet`, `host01` */
    node: text,
    /** The node's own network namespace. */
    kernel: kernelState,
    /** Files that must have just this content, by absolute path: BIRD's configuration, a CNI list, the lab's record. */
    files: byName(fileContent),
    /** Servers of the node itself that say who they are and whom they see: identity by port (TCP and UDP). */
    servers: byName(text),
    /** Runs where the node speaks BGP; its configuration is /etc/bird/bird.conf in `files`. */
    bird: z.literal(true).exactOptional(),
    /** Hosts only. */
    engine: z
      .strictObject({
        /** The Docker network that plugs pods into the bridge of its name; absent where CNI plugs them in. */
        network: engineNetwork.exactOptional(),
        /** Images that the engine must have, by their names there: how the machine's engine knows them. The pod image comes with the node image. */
        images: byName(text),
      })
      .readonly()
      .exactOptional(),
    /** By name (`web`); hosts only. */
    pods: byName(podState),
  })
  .readonly();

export type NodeState = z.infer<typeof nodeStateSchema>;
export type FileContent = z.infer<typeof fileContent>;
export type KernelState = z.infer<typeof kernelState>;
export type InterfaceState = z.infer<typeof interfaceState>;
export type Tables = z.infer<typeof tables>;
export type EngineNetwork = z.infer<typeof engineNetwork>;
export type PodState = z.infer<typeof podState>;
