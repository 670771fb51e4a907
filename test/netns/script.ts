/** What runs in a new namespace to make it what the plan says, as shell. */
import { unitText } from "../../infra/components/scripts.ts";
import type { Netns } from "../../infra/packet/netns.ts";
import type { NodePlan } from "../../infra/plan/plan.ts";
import { isIPv6 } from "../../infra/spec/address.ts";
import { routeText } from "./commands.ts";

const POD_IMAGE = new URL("../../lab-scripts/image/pod/", import.meta.url).pathname;

/** Kinds of unit that need no engine. What `record` keeps is no state of the kernel. */
const WITHOUT_ENGINE = new Set([
  "address6",
  "bridge",
  "route",
  "masquerade",
  "forwarding",
  "no-default-route",
  "vxlan",
  "server",
  "proxy",
  "service",
  "policies",
  "policy",
]);

/** As infra/components/node.ts has it, and whatever else a new namespace might take over from its machine. */
const SYSCTLS = [
  "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratemask=0",
  'for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > "$file"; done',
];

/** As the pod's unit and its engine have it. */
const SYSCTLS_6 = [
  "echo 255 > /proc/sys/net/ipv6/icmp/ratemask",
  'for file in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 > "$file"; done',
];

/**
 * @param gateway the default route that Docker gives every container
 * @param serves whether the node's own server is to run
 */
export function nodeScript(netns: Netns, node: NodePlan, gateway: string, serves: boolean): string[] {
  const units = node.units.filter(({ kind }) => WITHOUT_ENGINE.has(kind) && (serves || kind !== "server"));
  return [
    ...SYSCTLS,
    ...links(netns, { family: 4 }),
    `ip route add default via ${gateway}`,
    // `ip netns exec` gives its command mounts of its own: what units keep there is nobody else's.
    "mount -t tmpfs podlab /run",
    "mkdir /run/podlab",
    ...(units.some(({ kind }) => kind === "server") ? imageFiles() : []),
    ...units.flatMap((unit) => [
      `cat > /run/unit << 'PODLAB_UNIT'`,
      unitText(unit),
      "PODLAB_UNIT",
      `sh /run/unit apply < /dev/null > /dev/null || { echo 'unit ${unit.name}' >&2; exit 1; }`,
    ]),
  ];
}

export function podScript(netns: Netns): string[] {
  return [
    ...SYSCTLS,
    ...SYSCTLS_6,
    ...links(netns),
    ...netns.routes.map((route) => `ip route add ${routeText(route)}`),
  ];
}

/** @param options.family only these addresses: a node's unit adds those of IPv6 */
function links({ interfaces }: Netns, { family }: { family?: 4 } = {}): string[] {
  const plugged = interfaces.filter(({ kind }) => kind === "ethernet" || kind === "veth");
  return [
    "ip -batch - << END",
    "link set dev lo up",
    ...plugged.flatMap(({ name, addresses }) => [
      ...addresses
        .filter((address) => !(family && isIPv6(address)))
        .map((address) => `address add ${address} dev ${name}`),
      `link set dev ${name} up`,
    ]),
    "END",
  ];
}

function imageFiles(): string[] {
  return [
    "mount -t tmpfs podlab /usr/local/share",
    "mkdir -p /usr/local/share/podlab",
    `cp -R ${POD_IMAGE} /usr/local/share/podlab/pod`,
    "chmod 755 /usr/local/share/podlab/pod/bin/serve",
  ];
}
