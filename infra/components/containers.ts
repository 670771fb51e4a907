/** The containers and networks of a lab as they are declared, every flag with its reason. Pure. */
import type * as docker from "@pulumi/docker";
import { fingerprint } from "../fingerprint.ts";
import { hasRule } from "../machine/letPass.ts";
import { machineText, type OnMachine } from "../machine/machines.ts";
import type { Maker } from "../machine/owner.ts";
import type { NodePlan, SegmentPlan } from "../plan/plan.ts";
import { VXLAN_HEADERS } from "../spec/machines.ts";
import { LABEL } from "../spec/names.ts";

/**
 * Returns a container of the machine that plays a host, the router or the internet.
 * @param image its name @param remade when it was made anew, which another time makes it once more
 */
export function nodeContainer(plan: NodePlan, image: string, maker: Maker, remade?: string) {
  const args = {
    name: plan.container,
    hostname: plan.name,
    image,
    envs: [`PODLAB_ROLE=${plan.role}`],
    // Plugged in by the Command of its state.
    networkMode: "none",
    // Where the engine gives containers user namespaces (dockerd --userns-remap): a host's engine can't make cgroups in one.
    usernsMode: "host",
    mustRun: true,
    restart: "unless-stopped",
    // No --privileged, which some machines refuse and nobody should need: these three are all that a nested engine,
    // bridges, routes and NAT take.
    capabilities: { adds: ["CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"] },
    // unconfined: mount, setns and clone for the pods; systempaths: a nested /proc may be mounted only where no part
    // of the outer one is masked.
    securityOpts: ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"],
    // icmp_ratemask: by default a node tells a sender only once a second why its packets are dropped
    // (Documentation/networking/ip-sysctl.rst); the outcome of a probe would depend on how many went before it.
    sysctls: { "net.ipv4.ip_forward": "1", "net.ipv4.icmp_ratemask": "0" },
    // As on any machine: new at every start, and not on a disk, where its sockets and pids would be inodes to make and to remove.
    tmpfs: { "/run": "" },
    // overlayfs does not stack on overlayfs: the nested engine's layers need a volume. It goes with its container.
    ...(plan.role === "host" ? { volumes: [{ containerPath: "/var/lib/docker" }] } : {}),
    removeVolumes: true,
  } satisfies docker.ContainerArgs;
  const again = remade === undefined ? [] : [{ label: LABEL.remade, value: remade }];
  return { ...args, labels: [...labels(maker, plan.role, args, plan), ...again] };
}

/**
 * Returns a layer-2 network that joins a node to the router, without an address of the machine on it: the flags of
 * `docker network create` (https://docs.docker.com/reference/cli/docker/network/create/), and the labels among them.
 */
export function segmentNetwork(plan: SegmentPlan, maker: Maker) {
  const args = plan.machine ? overlayNetwork(plan) : bridgeNetwork(plan);
  const rule = hasRule(plan) ? [{ label: LABEL.rule, value: "ip6tables" }] : [];
  const all = [...labels(maker, "segment", args, plan), ...rule];
  return { flags: [...args, ...all.map(({ label, value }) => `--label=${label}=${value}`)], labels: all };
}

/** Bytes of a packet, where they are not what Docker takes by itself. */
const mtuOption = (mtu: number | undefined): string[] =>
  mtu === undefined ? [] : [`--opt=com.docker.network.driver.mtu=${mtu}`];

function bridgeNetwork({ subnet, reserved, mtu }: SegmentPlan): string[] {
  return [
    "--driver=bridge",
    `--subnet=${subnet}`,
    `--gateway=${reserved}`,
    ...mtuOption(mtu),
    // No address of the machine, no NAT by the machine: nothing of the lab can leave by its uplink.
    // (An --internal network would not do: it drops addresses that are routed rather than on the link.)
    "--opt=com.docker.network.bridge.inhibit_ipv4=true",
    "--opt=com.docker.network.bridge.enable_ip_masquerade=false",
    // Since version 28 Docker drops what is for a container's address and comes by another bridge (raw PREROUTING), as all
    // that the router passes on does where bridge-nf-call-iptables is 1. Older engines ignore these options.
    // https://docs.docker.com/engine/network/packet-filtering-firewalls/
    "--opt=com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected",
    "--opt=com.docker.network.bridge.gateway_mode_ipv6=nat-unprotected",
  ];
}

/** Of Docker Swarm, between the router's machine and the host's. */
function overlayNetwork({ subnet, range, reserved, mtu }: SegmentPlan): string[] {
  return [
    "--driver=overlay",
    `--subnet=${subnet}`,
    `--ip-range=${range}`,
    `--gateway=${reserved}`,
    // Containers that are no tasks of a service are plugged in.
    "--attachable",
    // Otherwise each container gets a second interface, docker_gwbridge, which leads out of the lab.
    "--internal",
    // Of the packets outside: the driver takes off what VXLAN puts around those inside (libnetwork, drivers/overlay).
    ...mtuOption(mtu === undefined ? undefined : mtu + VXLAN_HEADERS),
  ];
}

function labels({ lab, stack, clone }: Maker, role: string, args: object, { machine }: OnMachine) {
  return Object.entries({
    [LABEL.lab]: lab,
    [LABEL.role]: role,
    [LABEL.owner]: clone,
    [LABEL.stack]: stack,
    ...(machine ? { [LABEL.machine]: machineText(machine) } : {}),
    [LABEL.spec]: fingerprint(machine ? { ...args, machine } : args),
  }).map(([label, value]) => ({ label, value }));
}

/** Returns the label that says what it was made from. */
export function specOf({ labels: all }: { labels: readonly { label: string; value: string }[] }): string {
  return all.find(({ label }) => label === LABEL.spec)!.value;
}
